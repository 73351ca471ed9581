"""Review: finding wrong labels, without touching a file."""
