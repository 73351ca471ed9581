"""Jobs: trainings in the background, one a machine, that survive crashes of everything around them."""
