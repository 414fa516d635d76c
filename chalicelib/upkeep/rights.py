"""What a function may do, by names of grants, to look after all features."""

from chalicelib.billing import rights as billing
from chalicelib.clusters import rights as clusters
from chalicelib.core.sweeps import MAY_SWEEP
from chalicelib.notebooks import rights as notebooks

SWEEP_CONTENTS = (
    *MAY_SWEEP,
    "delete, get, query, update snapshots",
    "query snapshots.by_account",
    "query snapshots.by_manifest",
    "delete, query, update manifests",
    "batch-get, delete, query, update blobs",
    "delete, query offers",
    "get, scan, update byte_counters",
    "purge contents",
    "purge uploads",
    "read manifests",
    "list contents",
    "query clusters.by_live_account",
)
"""Delete what no feature names."""

AUDIT = (*billing.AUDIT, *notebooks.AUDIT, *clusters.AUDIT)
"""Compare a month's records with those of servers, workers and Batch."""
