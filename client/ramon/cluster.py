"""`ramon.Cluster`: a Dask cluster and a `concurrent.futures.Executor` in one."""

# distributed ships its types, but few of its functions have any.
# mypy: allow-untyped-calls

from __future__ import annotations

import multiprocessing
import os
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Self

from ramon import _joblib, _quantities
from ramon._agent import Agent, Found
from ramon._kept import Kept
from ramon.errors import InvalidValue, RamonError

PURCHASES = ("on_demand", "spot", "spot_with_fallback")
"""How machines are bought; spot ones are cheaper, and AWS may take them back."""


class Cluster(Kept):
    """Workers for this notebook, charged by the second while they run.

    A cluster has the verbs of an executor (`submit`, `map`, `shutdown`), whose `map` yields
    results, and those of Dask (`scale`, `adapt`, `get_client`, …):

        with ramon.Cluster(n_workers=8, cpu=2, memory="8 GiB", budget="$5") as cluster:
            results = list(cluster.map(simulate, range(1000)))

    Workers get the notebook's packages as they are when the cluster starts, and its modules as
    they are at each call. The price an hour is shown before the first of them starts.

    Args:
        n_workers: how many workers; 0 is fine, `scale` and `adapt` change it.
        name: to find it again by `from_name`: up to 40 characters of any script.
        cpu: vCPUs of each worker; it runs as many tasks at once.
        memory: of each worker, like "8 GiB"; a bare number means GiB, fractions are rounded up.
        gpu: GPUs of each worker.
        spot_policy: "on_demand", or the cheaper "spot", which AWS may take back, or
            "spot_with_fallback", which takes on-demand machines when there are none.
        idle_timeout: it stops after this long without tasks, like "20 minutes"; a bare number
            means seconds, fractions of a minute are rounded up.
        budget: US dollars, like "$5": before it costs more, finished results are saved and the
            cluster stops, whether or not this notebook is still there.
        shutdown_on_close: stop it by `close` and when the kernel ends; otherwise it goes on, for
            `from_name`, until it is idle or has had no kernel for two minutes.
        detached: let it go on without any kernel, until its work is done and it is idle;
            implies that `close` and the kernel's end do not stop it.
        wait_for_workers: wait until all workers have joined, or this many, or none (False).
        timeout: how long to wait for them, like "20 minutes".
        asynchronous: for use with `await` and `async with`, in the loop that runs.
        quiet: show no progress.

    Raises:
        NotInNotebook, InvalidValue, NameTaken, PlanError, QuotaError, BudgetError,
        CapacityError, EnvironmentMismatch, ServiceUnavailable: see `ramon.errors`; the message
        says what to do.
    """

    def __init__(  # noqa: PLR0913 - all but the first by name
        self,
        n_workers: int = 4,
        *,
        name: str | None = None,
        cpu: int = 2,
        memory: str | float | Decimal = "8 GiB",
        gpu: int = 0,
        spot_policy: str = "on_demand",
        idle_timeout: str | float | timedelta = "20 minutes",
        budget: str | float | Decimal | None = None,
        shutdown_on_close: bool = True,
        detached: bool = False,
        wait_for_workers: bool | int = True,
        timeout: str | float | timedelta = "20 minutes",
        asynchronous: bool = False,
        quiet: bool = False,
    ) -> None:
        _refuse_in_a_copy()
        if spot_policy not in PURCHASES:
            raise InvalidValue(f"spot_policy={spot_policy!r} must be one of {PURCHASES}.")
        most = _quantities.dollars(budget)
        request = {
            "name": name,
            "workers": _quantities.count(n_workers, "n_workers"),
            "vcpu": _quantities.count(cpu, "cpu", least=1),
            "memory_gib": _quantities.memory_gib(memory),
            "gpu": _quantities.count(gpu, "gpu"),
            "purchase": spot_policy,
            "budget_usd": None if most is None else str(most),
            "idle_minutes": _quantities.idle_minutes(idle_timeout),
            "detached": detached,
            "folder": os.getcwd(),  # noqa: PTH109 - as text, for JSON
        }
        super().__init__(
            partial(_start, request=request),
            name=name,
            shutdown_on_close=shutdown_on_close and not detached,
            wait_for=wait_for_workers,
            timeout=_quantities.seconds(timeout, "timeout"),
            asynchronous=asynchronous,
            quiet=quiet,
        )
        _joblib.remember(self)

    @classmethod
    def from_name(
        cls,
        name: str,
        *,
        shutdown_on_close: bool = False,
        asynchronous: bool = False,
        quiet: bool = False,
    ) -> Self:
        """The cluster of this notebook that runs under `name`, from a new kernel for example.

        `futures` and `results` give what the old kernel left in it. Raises ClusterNotFound, and
        ClusterStopped, which says why, what it cost and where its results are.
        """
        found = cls.__new__(cls)
        Kept.__init__(
            found,
            partial(_find, name=name),
            name=name,
            shutdown_on_close=shutdown_on_close,
            wait_for=False,
            timeout=0,
            asynchronous=asynchronous,
            quiet=quiet,
        )
        _joblib.remember(found)
        return found

    def sync_environment(self) -> Any:
        """Give the workers this notebook's packages as they are now; modules they always have.

        Running workers start again for it, and forget results that only they had.
        Raises EnvironmentMismatch, which names what could not be given.
        """
        import asyncio

        self.check()
        here = os.getcwd()  # noqa: PTH109 - as text, for JSON
        self._looked_at, self._warned_of = None, ""
        return self.sync(asyncio.to_thread, self._agent.sync_environment, self.name, here)


def _refuse_in_a_copy() -> None:
    """Raise RamonError where multiprocessing runs a script once more, to begin a process.

    Dask's LocalCluster begins its workers so. Each would start, and pay for, a cluster of its own.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise RamonError(
            "This script starts a cluster, and then processes of its own (by multiprocessing, or "
            "Dask's LocalCluster), each of which runs the script once more. Put what it does under "
            'if __name__ == "__main__": so that only the first does it.'
        )


def _start(agent: Agent, *, request: dict[str, Any]) -> Found:
    """Start a cluster; joblib, if it is here, learns of its backend meanwhile."""
    _joblib.register()
    return agent.start(request)


def _find(agent: Agent, *, name: str) -> Found:
    _joblib.register()
    return agent.find(name)
