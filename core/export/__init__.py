"""Export: a run's model in other formats, compared with the served file before it is offered."""
