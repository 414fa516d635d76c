"""Writes the newest files of notebooks into a folder: `python -m ops.export` (docs/operating.md).

It reads tables and the bucket itself, by their names and not by the service's models: so it works
with the service down, after the stack is gone, and on what earlier code wrote.
"""
