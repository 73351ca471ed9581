"""Datasets: untrusted bytes become upright RGB pictures, a folder becomes a table, splits and statistics."""
