"""Review: finding wrong labels and deciding about them, without touching a file."""
