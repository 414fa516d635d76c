"""What a function may do, by names of grants, to do what notebooks need."""

from chalicelib.billing import rights as billing
from chalicelib.clusters import rights as clusters

CHANGE = ("get, update servers", "get, update notebooks", "get, update routes")
"""Move a server, its notebook and its route on together."""

STOP = (*CHANGE, "execute stop_notebook", *clusters.STOP_OF_NOTEBOOK)
"""Ask servers to stop, and their notebooks' clusters with them."""

END = (
    *CHANGE,
    "get, update slots",
    "succeed waiting steps",
    "fail waiting steps",
    "batch-get uses",
    *billing.FOLLOW_USES,
    *clusters.STOP_OF_NOTEBOOK,
)
"""Close the records of servers whose tasks are over."""

FIND_TASKS = ("list tasks", "describe tasks")

AUDIT = (
    *billing.AUDIT,
    "batch-get, get, query, scan servers",
    "batch-get workers",
    "scan notebooks",
    "query notebooks.by_account",
    "query servers.by_notebook",
    "query clusters.by_account",
    "query workers.by_cluster",
    "describe jobs",
)
"""Hold a month's records together with those of servers, workers and Batch."""

SERVE = (
    "keep notebooks",
    "keep servers",
    "keep routes",
    "keep slots",
    "keep tickets",
    "keep snapshots",
    "keep manifests",
    "query notebooks.by_account",
    "query servers.by_notebook",
    "execute start_notebook",
    "execute stop_notebook",
    "succeed waiting steps",
    "keep waiting steps alive",
)
"""Routes of notebooks, for people and agents."""
