"""What a function may do, by names of grants, to do what notebooks need."""

from chalicelib.billing import rights as billing

CHANGE = ("get, update servers", "get, update notebooks", "get, update routes")
"""Move a server, its notebook and its route on together."""

STOP = (*CHANGE, "execute stop_notebook")
"""Ask servers to stop."""

END = (
    *CHANGE,
    "get, update slots",
    "succeed waiting steps",
    "fail waiting steps",
    "batch-get uses",
    *billing.FOLLOW_USES,
)
"""Close the records of servers whose tasks are over."""

FIND_TASKS = ("list tasks", "describe tasks")

AUDIT = (
    "batch-get, get, query, scan servers",
    "scan notebooks",
    "query notebooks.by_account",
    "query servers.by_notebook",
)
"""Compare servers' records with what was billed."""

SERVE = (
    "keep notebooks",
    "keep servers",
    "keep routes",
    "keep slots",
    "keep tickets",
    "keep snapshots",
    "query snapshots.by_account",
    "put, update manifests",
    "query notebooks.by_account",
    "query servers.by_notebook",
    "execute start_notebook",
    "execute stop_notebook",
    "succeed waiting steps",
    "keep waiting steps alive",
)
"""Routes of notebooks, for people and agents."""
