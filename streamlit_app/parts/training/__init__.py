"""What the Training page is made of."""
