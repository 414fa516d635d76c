"""Checks that need Dask: they run in the notebook's own Python, as a kernel would."""
