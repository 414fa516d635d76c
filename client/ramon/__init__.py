"""Clusters for a running notebook: three lines boot one, and only what was used is charged."""

__version__ = "0.1.0"
