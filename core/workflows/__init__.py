"""Workflows: what composes the rooms below: train, proof, card."""
