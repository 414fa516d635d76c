"""Clusters for a running notebook: three lines boot one, and only what was used is charged.

    import ramon

    with ramon.Cluster(n_workers=8, cpu=2, memory="8 GiB", budget="$5") as cluster:
        results = list(cluster.map(simulate, range(1000)))
        client = cluster.get_client()  # everything Dask can do

`import ramon` is quick: Dask is imported when a cluster is first used, and the rest where it is
needed. `ramon.errors` lists what can go wrong.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ramon import errors
    from ramon._ending import saved_results
    from ramon.cluster import Cluster
    from ramon.overview import clusters, usage

__version__ = "0.1.0"

__all__ = ["Cluster", "clusters", "errors", "saved_results", "usage"]

_HOMES = {
    "Cluster": "ramon.cluster",
    "clusters": "ramon.overview",
    "saved_results": "ramon._ending",
    "usage": "ramon.overview",
}


def __getattr__(name: str) -> Any:
    if name == "errors":
        return import_module("ramon.errors")
    if name not in _HOMES:
        raise AttributeError(f"module 'ramon' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
