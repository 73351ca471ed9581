"""Runs: what to train, and one training with all it left behind; the folder of a run is the model."""
