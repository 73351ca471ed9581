"""What explains a prediction, on the Predict page."""
