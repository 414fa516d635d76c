"""What every side of the benchmark `cluster` does: it makes a cluster, uses it and closes it.

This file is sent to where a side's users are: into a notebook's kernel, or to a Python of the
peer's. None of them has this project, so only the standard library is imported; a side's own
library is found by its name, where that side is measured.
"""

import importlib
import json
import time
from collections.abc import Callable
from typing import Any, Protocol

JOIN_SECONDS = 100
"""Longest wait for workers."""


class Side(Protocol):
    """A cluster that was asked for, as a side's users have it."""

    def submit(self, number: int) -> int:
        """One task's result."""

    def wait_for(self, workers: int) -> None:
        """Until so many are ready."""

    def ways(self) -> dict[str, Callable[[int], list[int]]]:
        """How so many tasks' results are had, by what the rate is called; the usual way first."""

    def close(self) -> None:
        """As a user does."""


def same(number: int) -> int:
    """A task that does nothing."""
    return number


class Ours:
    """`ramon.Cluster`, an executor."""

    def __init__(self, workers: int) -> None:
        ramon = importlib.import_module("ramon")
        self._cluster = ramon.Cluster(n_workers=workers, wait_for_workers=False, quiet=True)

    def submit(self, number: int) -> int:
        """One task's result."""
        result: int = self._cluster.submit(same, number).result()
        return result

    def wait_for(self, workers: int) -> None:
        """Until so many are ready."""
        self._cluster.wait_for_workers(workers, timeout=JOIN_SECONDS)

    def ways(self) -> dict[str, Callable[[int], list[int]]]:
        """The executor's `map`, which sends tasks in batches; and Dask's client, one by one."""
        return {
            "tasks_per_s": lambda count: list(self._cluster.map(same, range(count))),
            "client_tasks_per_s": lambda count: _gathered(self._cluster.get_client(), count),
        }

    def close(self) -> None:
        """It ends, at the service too."""
        self._cluster.close()


class OfDask:
    """A cluster of Dask's, with its client."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster
        self._client = cluster.get_client()

    def submit(self, number: int) -> int:
        """One task's result."""
        result: int = self._client.submit(same, number).result()
        return result

    def wait_for(self, workers: int) -> None:
        """Until so many are ready."""
        self._client.wait_for_workers(workers, timeout=JOIN_SECONDS)

    def ways(self) -> dict[str, Callable[[int], list[int]]]:
        """Dask's client."""
        return {"tasks_per_s": lambda count: _gathered(self._client, count)}

    def close(self) -> None:
        """The client first, as its own `with` does."""
        self._client.close()
        self._cluster.close()


def _gathered(client: Any, count: int) -> list[int]:
    results: list[int] = client.gather(client.map(same, range(count)))
    return results


def floor(workers: int) -> OfDask:
    """Processes of this machine, by `distributed` alone."""
    distributed = importlib.import_module("distributed")
    return OfDask(distributed.LocalCluster(n_workers=workers, dashboard_address=":0"))


def peer(workers: int, address: str, password: str) -> OfDask:
    """A new cluster of a Dask Gateway."""
    auth = importlib.import_module("dask_gateway.auth").BasicAuth("ada", password)
    gateway = importlib.import_module("dask_gateway").Gateway(address, auth=auth)
    cluster = gateway.new_cluster()
    cluster.scale(workers)
    return OfDask(cluster)


def measured(ask: Callable[[int], Side], workers: int, tasks: int) -> str:
    """One cluster's life, as JSON: seconds, and tasks a second.

    Raises ValueError if a result is wrong.
    """
    began = time.perf_counter()
    side = ask(workers)
    if side.submit(1) != 1:
        raise ValueError("the first result is wrong")
    told = {"first_s": time.perf_counter() - began}
    side.wait_for(workers)
    told["ready_s"] = time.perf_counter() - began
    for name, way in side.ways().items():
        began = time.perf_counter()
        if way(tasks) != list(range(tasks)):
            raise ValueError("results are wrong")
        told[name] = tasks / (time.perf_counter() - began)
    began = time.perf_counter()
    side.close()
    told["close_s"] = time.perf_counter() - began
    return json.dumps(told)
