"""What the Prove page is made of."""
