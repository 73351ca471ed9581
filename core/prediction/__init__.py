"""Prediction: what a run says of a photo, through LiteRT and without TensorFlow."""
