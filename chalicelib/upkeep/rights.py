"""What a function may do, by names of grants, to look after all features."""

from chalicelib.billing import rights as billing
from chalicelib.clusters import rights as clusters
from chalicelib.core.sweeps import MAY_SWEEP
from chalicelib.notebooks import rights as notebooks

SWEEP_CONTENTS = (
    *MAY_SWEEP,
    "query snapshots.by_manifest",
    "delete, query, update manifests",
    "delete, query, scan, update blobs",
    "purge contents",
    "read manifests",
    "list contents",
    "query clusters.by_live_account",
)
"""Delete what no feature names."""

AUDIT = (*billing.AUDIT, *notebooks.AUDIT, *clusters.AUDIT)
"""Compare a month's records with those of servers, workers and Batch."""
