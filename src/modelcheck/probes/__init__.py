"""Probes: the only code that looks at the world; it leaves facts and gaps behind, and judges nothing."""
