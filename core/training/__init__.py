"""Training: a configuration becomes a model in a staged run."""
