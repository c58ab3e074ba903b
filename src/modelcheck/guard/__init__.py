"""HTTP in front of the pre-check: what a request means is ruled on by `core/ruling.py`, and only then goes on."""
