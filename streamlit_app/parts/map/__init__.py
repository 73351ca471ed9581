"""What the map of a dataset is made of."""
