"""Clusters of this notebook, the agent's side: schedulers, the socket for kernels, the reports.

The agent's own process never imports Dask: each cluster's scheduler is a process beside it.
"""
