"""Draws photo-like pictures of elephants, and of things that are none, with known truth."""
