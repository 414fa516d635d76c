"""Notebooks and the servers that run them."""
