"""Types and rules, pure: facts, checks, score, gate, report; the standard library and msgspec only."""
