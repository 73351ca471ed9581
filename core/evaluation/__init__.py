"""Evaluation: how good a run is, where it fails, and on what it relies."""
