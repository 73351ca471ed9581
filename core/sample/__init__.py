"""Draws the sample dataset with known truth; the one room of core that knows elephants."""
