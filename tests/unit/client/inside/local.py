"""What a cluster does with calls, on Dask's own local cluster: no service, no notebook."""

# Nothing of this is installed where the types of tests are checked.
# mypy: disable-error-code="import-not-found"

import asyncio
import threading
import weakref
from collections import deque
from typing import Any

import distributed

from ramon import _code
from ramon._client import Client
from ramon._tasks import Tasks


class Local(distributed.LocalCluster):  # type: ignore[misc]  # Dask is elsewhere
    """Dask's local cluster, as far as our client asks a cluster of ours."""

    info = None
    name = "local"
    shutdown_on_close = True

    def why_stopped(self, patience: float = 0) -> None:
        """Nobody stops it."""


class LocalTasks(Tasks):  # type: ignore[misc]  # as above
    """`submit` and `map`, without a life of its own."""

    info = None
    name = "local"

    def __init__(self, cluster: Any, *, asynchronous: bool = False) -> None:
        self.cluster = cluster
        self._outstanding: Any = weakref.WeakSet()
        self._flying: set[Any] = set()
        self._unwanted: Any = deque()
        self._cancelling = asyncio.Lock()
        # Nobody looks for changes of a notebook that is not there.
        self._looked_at, self._warned_of = _code.packages(), ""
        self._done = self._total = 0
        self._asynchronous = asynchronous
        # In the loop that runs here, if so, and not in the cluster's.
        where = cluster.scheduler_address if asynchronous else cluster
        self._client = Client(where, asynchronous=asynchronous)
        self._client.cluster = cluster
        self.shutdown_on_close = False

    @property
    def asynchronous(self) -> bool:
        """Whether it is used with `await`."""
        return bool(self._asynchronous)

    def get_client(self) -> Any:
        """Dask's client."""
        return self._client

    def why_stopped(self, patience: float = 0) -> None:
        """Nobody stops it."""

    def close(self, timeout: float | None = None) -> Any:
        """Close the client, and the cluster if it was given to this alone."""
        closing = self._client.close()
        if not self._asynchronous:
            self.cluster.close()
        return closing

    def _threads(self) -> int:
        return int(
            sum(each["nthreads"] for each in self.cluster.scheduler_info["workers"].values())
        )

    def __del__(self) -> None:
        """Leave nothing to be closed by Dask."""

    def __repr__(self) -> str:
        return "LocalTasks()"


def local(*, workers: int = 1, threads: int = 2, processes: bool = True) -> LocalTasks:
    """Tasks on a cluster of their own."""
    cluster = Local(
        n_workers=workers,
        threads_per_worker=threads,
        processes=processes,
        dashboard_address=None,
        silence_logs=False,
    )
    # The workspace's code, which a scheduler of ours sees to, is not tried here.
    cluster.scheduler.stream_handlers["ramon-paths"] = lambda **_: None
    cluster.wait_for_workers(workers)
    return LocalTasks(cluster)


class Counter:
    """Counts calls, from whichever thread of this process makes them."""

    def __init__(self) -> None:
        self.calls = 0
        self._lock = threading.Lock()

    def __call__(self) -> int:
        with self._lock:
            self.calls += 1
            return self.calls
