"""What a cluster's worker runs: the notebook's environment, then a Dask nanny with one worker."""
