"""Runs: one training and all it left behind; the folder of a run is the model."""
