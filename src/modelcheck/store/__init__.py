"""Store: what modelcheck remembers from one run to the next, in the user's own folders."""
