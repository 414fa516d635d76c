"""What a kernel sees when its cluster stops, and a new one when the old kernel died.

Each function is one kernel's life; test_endings.py runs them in turn and does the rest.
"""

# Nothing of this is installed where the types of tests are checked.
# mypy: disable-error-code="import-not-found"

import asyncio
import concurrent.futures
import operator
import os
import signal
import threading
import time
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import joblib
from inside.helpers import raised, until

import ramon
from ramon._agent import Agent

KEPT: list[Any] = []
"""What a kernel still holds when it ends."""


def leave_work_behind() -> None:
    """Submit, and be killed."""
    cluster = ramon.Cluster(1, name="left", cpu=2, memory="1 GiB")
    results = cluster.map(operator.neg, range(300))
    assert next(results) == 0
    failing = cluster.submit(operator.truediv, 1, 0)
    slow = cluster.submit(time.sleep, 2)
    assert failing.exception()
    assert not slow.done()
    os.kill(os.getpid(), signal.SIGKILL)


def find_work_again() -> None:
    """Take over what the killed kernel left, and what a closed one gave up is gone."""
    cluster = ramon.Cluster.from_name("left", quiet=True)
    until(lambda: cluster.futures)
    names = [key.partition("-")[0] for key in cluster.futures]
    assert names[-2:] == ["truediv", "sleep"]
    assert set(names[:-2]) == {"neg"}
    done = cluster.results(wait=True)
    negated = [value for key, value in done.items() if key.startswith("neg-")]
    assert negated == [-n for n in range(300)]
    assert [key.partition("-")[0] for key in done][-1] == "sleep"
    assert not any(key.startswith("truediv") for key in done)
    cluster.forget()
    assert not cluster.futures
    cluster.shutdown()


def leave_a_detached_one() -> None:
    """End as kernels do when they are restarted; the cluster and its results stay."""
    cluster = ramon.Cluster(1, name="detached", cpu=1, memory="1 GiB", detached=True)
    assert cluster.submit(operator.add, 1, 2).result() == 3
    KEPT.append(cluster.get_client().submit(operator.add, 3, 4))
    assert KEPT[0].result() == 7


def find_the_detached_one() -> None:
    """What a kernel still wanted when it ended is there."""
    cluster = ramon.Cluster.from_name("detached", shutdown_on_close=True)
    until(lambda: 7 in cluster.results().values())
    cluster.close()


def share_a_cluster() -> None:
    """End with three objects of one cluster, each with results that nobody has fetched."""
    KEPT.append(ramon.Cluster(1, name="shared", cpu=2, memory="1 GiB", detached=True))
    KEPT.extend(ramon.Cluster.from_name("shared", quiet=True) for _ in range(2))
    for place, handle in enumerate(list(KEPT)):
        KEPT.append(handle.get_client().submit(operator.add, 10 * place, 1))
        KEPT.append(handle.submit(operator.add, 10 * place, 2))
        KEPT.append(handle.map(operator.add, [10 * place], [3]))
        until(lambda: len(handle.get_client().futures) >= 2)  # noqa: B023 - it is asked at once
    closed = ramon.Cluster.from_name("shared", quiet=True)
    KEPT.append(closed.get_client().submit(operator.add, 30, 1))
    assert KEPT[-1].result() == 31
    closed.close()
    assert 31 in KEPT[0].results().values()


def find_what_was_shared() -> None:
    """What each of them wanted is there."""
    cluster = ramon.Cluster.from_name("shared", shutdown_on_close=True)
    until(lambda: {1, 3, 11, 13, 21, 23, 31} <= set(cluster.results().values()))
    cluster.close()


def forget_to_close() -> None:
    """End with a cluster that is to end with its kernel."""
    ramon.Cluster(1, name="forgotten", cpu=1, memory="1 GiB", wait_for_workers=False)


def be_stopped() -> None:
    """Work until the service stops the cluster; every way to use it says why."""
    cluster = ramon.Cluster(1, name="stopped", cpu=4, memory="1 GiB", budget="$5")
    client = cluster.get_client()
    done = cluster.submit(operator.add, 1, 2)
    assert done.result() == 3
    assert list(cluster.map(operator.neg, range(3))) == [0, -1, -2]
    slow, lasting = cluster.submit(time.sleep, 12), client.submit(time.sleep, 13)
    wanted = client.submit(operator.add, 40, 2)
    assert wanted.result() == 42
    KEPT.append(cluster.map(operator.neg, range(1000)))
    until(lambda: "1,000 of 1,001 tasks" in cluster._repr_html_())
    Path("working").touch()
    for call in (
        slow.result,
        lasting.result,
        lambda: cluster.submit(abs, 1),
        lambda: cluster.map(abs, [1]),
        lambda: client.submit(abs, 1).result(),
        lambda: cluster.scale(3),
        lambda: cluster.wait_for_workers(3),
        cluster.get_client,
        lambda: ramon.Cluster.from_name("stopped"),
    ):
        error = raised(ramon.errors.ClusterStopped, call)
        assert error.reason == "budget"
        assert "Your budget is used up." in str(error)
        assert "It cost $0.01." in str(error)
    error = raised(ramon.errors.ClusterStopped, cluster.check)
    assert "ramon.saved_results('stopped')" in str(error)
    saved = ramon.saved_results("stopped")
    assert 42 in saved.values()
    assert [value for key, value in saved.items() if key.startswith("neg-")] == _negatives()
    assert f"{len(saved)} results that were finished" in str(error)
    cluster.close()
    assert "1,000 of 1,001 tasks" in cluster._repr_html_(), "what was lost is not done"
    raised(ramon.errors.ClusterNotFound, lambda: ramon.saved_results("nothing"))


def _negatives() -> list[int]:
    return [-number for number in range(1000)]


def close_it_while_others_wait() -> None:
    """Close, while other threads wait in every way for what is not finished."""
    cluster = ramon.Cluster(1, name="waited for", cpu=2, memory="1 GiB")
    client = cluster.get_client()
    future, lasting = cluster.submit(time.sleep, 300), client.submit(time.sleep, 301)
    mapped = cluster.map(time.sleep, [302, 303])

    def by_joblib() -> None:
        with joblib.parallel_config(backend="ramon", cluster=cluster):
            joblib.Parallel()(joblib.delayed(time.sleep)(304) for _ in range(2))

    ways = {
        "result": future.result,
        "map": lambda: next(mapped),
        "dask": lasting.result,
        "gather": lambda: client.gather([lasting]),
        "joblib": by_joblib,
        "workers": lambda: cluster.wait_for_workers(3),
    }
    with ThreadPoolExecutor(len(ways)) as waiting:
        said = {name: waiting.submit(raised, BaseException, way) for name, way in ways.items()}
        until(lambda: "of 5 tasks" in cluster._repr_html_())
        cluster.close()
        for name, each in said.items():
            error = each.result(60)
            assert isinstance(error, ramon.errors.ClusterStopped), (name, error)
            assert error.reason == "closed"


def shut_it_down_while_joblib_waits() -> None:
    """Cancel all; joblib, too, hears of it."""
    cluster = ramon.Cluster(1, name="joblib", cpu=2, memory="1 GiB")
    begun = threading.Event()

    def by_joblib() -> None:
        with joblib.parallel_config(backend="ramon", cluster=cluster):
            begun.set()
            joblib.Parallel()(joblib.delayed(time.sleep)(300) for _ in range(4))

    with ThreadPoolExecutor(1) as waiting:
        said = waiting.submit(raised, BaseException, by_joblib)
        until(
            lambda: "of 2 tasks" in cluster._repr_html_() or "of 4 tasks" in cluster._repr_html_()
        )
        cluster.shutdown(wait=False, cancel_futures=True)
        error = said.result(60)
        assert isinstance(error, concurrent.futures.CancelledError), repr(error)
        assert "shut down" in str(error)
    until(lambda: "joblib" not in _live())


def wait_for_workers_of_a_stopped_one_whose_scheduler_is_silent() -> None:
    """Hear of the stop, although a question to the scheduler is never answered."""
    asyncio.run(_wait_for_workers_of_a_silent_one())


async def _wait_for_workers_of_a_silent_one() -> None:
    async with ramon.Cluster(1, name="silent", asynchronous=True) as cluster:
        asked = asyncio.Event()

        async def identity() -> Any:
            asked.set()
            await asyncio.Event().wait()

        scheduler = cluster.scheduler_comm
        cluster.scheduler_comm = types.SimpleNamespace(
            identity=identity, close_rpc=scheduler.close_rpc
        )
        cluster.scheduler_info["workers"].clear()
        waiting = asyncio.create_task(cluster.wait_for_workers(3))
        await asked.wait()
        await asyncio.to_thread(Agent.here().stop, "silent")
        async with asyncio.timeout(60):
            said: Any = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(said[0], ramon.errors.ClusterStopped), said
    assert said[0].reason == "user"


def be_interrupted_while_it_starts() -> None:
    """Press the stop button while workers are awaited."""
    # As a kernel does: what is started in the background may have been told to ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    Path("working").touch()
    raised(KeyboardInterrupt, lambda: ramon.Cluster(1, name="interrupted"))
    assert "interrupted" not in _live()


def be_cancelled_while_it_starts() -> None:
    """The same of an asynchronous one."""
    asyncio.run(_cancelled())
    assert "cancelled" not in _live()


async def _cancelled() -> None:
    try:
        async with asyncio.timeout(2):
            await ramon.Cluster(1, name="cancelled", asynchronous=True)
    except TimeoutError:
        return
    raise AssertionError


def get_no_workers() -> None:
    """Give up, and say what stands in the way."""
    error = raised(
        ramon.errors.CapacityError, lambda: ramon.Cluster(1, name="empty", timeout="2 s")
    )
    assert "0 of 1 workers joined within 2 s." in str(error)
    assert "empty" not in _live()


def _live() -> set[str]:
    return {info.name for info in ramon.clusters()}
