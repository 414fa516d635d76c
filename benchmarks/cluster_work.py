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

    def map(self, count: int) -> list[int]:
        """The results of so many tasks, in the way that is natural there."""

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

    def map(self, count: int) -> list[int]:
        """`map` yields results."""
        return list(self._cluster.map(same, range(count)))

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

    def map(self, count: int) -> list[int]:
        """`map` gives futures, `gather` their results."""
        results: list[int] = self._client.gather(self._client.map(same, range(count)))
        return results

    def close(self) -> None:
        """The client first, as its own `with` does."""
        self._client.close()
        self._cluster.close()


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
    began = time.perf_counter()
    if side.map(tasks) != list(range(tasks)):
        raise ValueError("results are wrong")
    told["tasks_per_s"] = tasks / (time.perf_counter() - began)
    began = time.perf_counter()
    side.close()
    told["close_s"] = time.perf_counter() - began
    return json.dumps(told)
