"""Explanation: which pixels spoke for a class."""
