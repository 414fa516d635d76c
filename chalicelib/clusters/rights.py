"""What a function may do, by names of grants, to do what clusters need."""

from chalicelib.billing import rights as billing

FIND_LIVE = ("query clusters.by_live",)
FIND_WORKERS = ("query workers.by_live_cluster",)
CHANGE_CLUSTERS = ("get, update clusters",)
CHANGE_WORKERS = ("batch-get, get, update workers",)

STOP = (*CHANGE_CLUSTERS, "execute stop_cluster")
"""Ask clusters to stop."""

FOLLOW_WORKERS = (*STOP, *CHANGE_WORKERS, *billing.FOLLOW_USES)
"""Bring workers' records up to date with their jobs, and record what they used."""

LOOK_AT_JOBS = ("describe jobs", "list jobs")

STOP_OF_NOTEBOOK = ("query clusters.by_notebook", *STOP)
"""Ask the clusters of a notebook to stop."""

AUDIT = (
    "batch-get workers",
    "query clusters.by_account",
    "query workers.by_cluster",
    "describe jobs",
)
"""Compare workers' records with Batch's and with what was billed."""

SERVE = (
    "batch-get, get, put, update clusters",
    "batch-get, get, put, update cluster_names",
    "batch-get, get, put, update cluster_slots",
    "batch-get, get, put, update cluster_keys",
    "batch-get, get, put, update workers",
    "query clusters.by_account",
    "query clusters.by_live_account",
    "query clusters.by_notebook",
    "query workers.by_cluster",
    "query workers.by_live_cluster",
    "execute start_cluster",
    "execute stop_cluster",
    "terminate jobs",
    "read what workers write",
)
"""Routes of clusters, for people, agents and workers."""
