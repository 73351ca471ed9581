"""Datasets: untrusted bytes become pictures, a folder a table, decisions lie over it; photos are never touched."""
