"""The command line: one module per word of the vocabulary."""
