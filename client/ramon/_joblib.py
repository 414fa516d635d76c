"""The joblib backend "ramon": scikit-learn's `n_jobs`, on a cluster.

joblib knows no entry points, so a backend has to be registered by somebody. `import ramon` does
not, because it would have to import joblib; the first cluster does, in the second that its start
takes anyway. Before there is a cluster there is nothing that the backend could run on.
"""

# What is imported here has no types.
# mypy: allow-untyped-calls, disable-error-code="import-untyped"

from __future__ import annotations

import importlib.util
import weakref
from typing import TYPE_CHECKING, Any

from ramon.errors import ClusterNotFound

if TYPE_CHECKING:
    from ramon.cluster import Cluster

_newest: list[weakref.ref[Cluster]] = []


def register() -> None:
    """Make ``joblib.parallel_config(backend="ramon")`` work, where joblib is installed."""
    if importlib.util.find_spec("joblib") is None:
        return
    import joblib

    joblib.register_parallel_backend("ramon", backend)


def remember(cluster: Cluster) -> None:
    """Let `cluster` be what the backend uses when it is not told which."""
    _newest[:] = [weakref.ref(cluster)]


def backend(cluster: Cluster | None = None, **options: Any) -> Any:
    """The backend for `cluster`, or for the one that started last.

    `options` are those of joblib's backend "dask", such as ``scatter``.
    Raises ClusterNotFound without a cluster, and ClusterStopped when it has stopped.
    """
    from ramon._parallel import Backend

    if cluster is None:
        cluster = _newest[0]() if _newest else None
    if cluster is None:
        raise ClusterNotFound(
            "There is no cluster to run on. Start one, and name it if there are several: "
            'joblib.parallel_config(backend="ramon", cluster=ramon.Cluster()).'
        )
    return Backend(cluster, **options)
