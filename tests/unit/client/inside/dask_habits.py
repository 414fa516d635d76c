"""What Dask's own tests of clusters ask for, of `ramon.Cluster`; see test_dask_habits.py."""

# Nothing of this is installed where the types of tests are checked.
# mypy: disable-error-code="import-not-found"

import asyncio
import contextlib
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cloudpickle
import distributed
from distributed.deploy.adaptive import Adaptive
from distributed.deploy.cluster import Cluster
from inside.helpers import raised, until

import ramon

# As what a notebook defines: workers can't import it.
cloudpickle.register_pickle_by_value(sys.modules[__name__])
CLUSTER = ramon.Cluster(2, name="habits", cpu=1, memory="1 GiB")


def it_is_one_of_dasks_clusters() -> None:
    assert isinstance(CLUSTER, Cluster)
    assert repr(CLUSTER).startswith(f"Cluster(habits, {CLUSTER.scheduler_address!r}, workers=2")
    assert CLUSTER.scheduler_address.startswith("tls://")
    assert CLUSTER.dashboard_link.endswith("/status")


def clusters_are_equal_by_name() -> None:
    again = ramon.Cluster.from_name("habits")
    assert again == CLUSTER
    assert again != "habits"
    again.close()
    until(lambda: CLUSTER.cost.usd_hour > 0)


def it_has_the_cores_that_were_asked_for() -> None:
    with distributed.Client(CLUSTER.scheduler_address, security=CLUSTER.security) as client:
        assert len(client.nthreads()) == 2


def a_client_submits() -> None:
    with distributed.Client(CLUSTER) as client:
        assert client.submit(lambda x: x + 1, 1).result() == 2


def its_own_client_is_always_the_same() -> None:
    client = CLUSTER.get_client()
    assert isinstance(client, distributed.Client)
    assert CLUSTER.get_client() is client
    assert client.gather(client.map(abs, [-1, -2])) == [1, 2]


def it_waits_for_workers_or_says_how_many_came() -> None:
    CLUSTER.wait_for_workers(2)
    for wrong in (0, -1, "2"):
        raised(ValueError, lambda wrong=wrong: CLUSTER.wait_for_workers(wrong))
    error = raised(distributed.TimeoutError, lambda: CLUSTER.wait_for_workers(99, timeout=0.2))
    assert "2/99" in str(error)


def what_tasks_print_is_in_the_logs_while_they_run() -> None:
    client = CLUSTER.get_client()

    def talk(number: int) -> None:
        go = Path(distributed.get_worker().local_directory, "go")
        print(f"task {number}: \udc80 first")  # noqa: T201
        sys.stdout.buffer.write(b"\xff raw\n")
        wait = f"import time, os\nwhile not os.path.exists({str(go)!r}): time.sleep(0.05)"
        subprocess.run([sys.executable, "-c", f"print('from a program')\n{wait}"], check=True)

    names = [worker["name"] for worker in client.scheduler_info()["workers"].values()]
    futures = [client.submit(talk, at, workers=[name]) for at, name in enumerate(names)]
    wanted = (r"task 0: \udc80 first", r"task 1: \udc80 first", " raw", "from a program")
    until(lambda: all(text in CLUSTER.get_logs()["Cluster"] for text in wanted))
    assert not any(future.done() for future in futures)
    said = [line for line in CLUSTER.get_logs()["Cluster"].splitlines() if "first" in line]
    assert {line.split()[1] for line in said} == {*names}
    client.run(lambda dask_worker: Path(dask_worker.local_directory, "go").touch())
    distributed.wait(futures, timeout=60)


def it_has_logs_of_all_parts() -> None:
    workers = set(CLUSTER.scheduler_info["workers"])
    assert set(CLUSTER.get_logs()) == {"Cluster", "Scheduler"} | workers
    assert set(CLUSTER.get_logs(cluster=False, scheduler=False)) == workers


def it_scales_by_number_cores_and_memory() -> None:
    CLUSTER.scale(1)
    until(lambda: len(CLUSTER.observed) == 1)
    CLUSTER.scale(cores=2)
    assert len(CLUSTER.plan) == 2
    CLUSTER.scale(memory="1.5 GiB")
    assert len(CLUSTER.requested) == 2
    CLUSTER.wait_for_workers()
    assert len(CLUSTER.observed) == 2


def what_was_computed_survives_a_smaller_cluster() -> None:
    client = CLUSTER.get_client()
    kept = client.scatter([b"a", b"b"])
    CLUSTER.scale(1)
    assert client.gather(kept) == [b"a", b"b"]


def it_adapts_to_the_work_and_back() -> None:
    adaptive = CLUSTER.adapt(minimum=1, maximum=2, interval="100ms", wait_count=3)
    assert isinstance(adaptive, Adaptive)
    client = CLUSTER.get_client()
    slow = client.map(lambda _: __import__("time").sleep(1), range(12))
    until(lambda: len(CLUSTER.observed) == 2)
    client.cancel(slow)
    until(lambda: len(CLUSTER.observed) == 1)
    adaptive.stop()
    error = raised(ramon.errors.InvalidValue, lambda: CLUSTER.adapt(minimum=3, maximum=2))
    assert "maximum" in str(error)


def a_cluster_without_workers_starts_and_ends_by_a_with_block() -> None:
    with ramon.Cluster(0, name="none") as cluster:
        assert not cluster.observed
        assert cluster.info.state in {"starting", "running"}
    assert cluster.status is distributed.Status.closed
    assert cluster.info.state == "stopped"
    assert cluster.close() is None


def an_asynchronous_one_is_awaited() -> None:
    asyncio.run(_asynchronously())


async def _asynchronously() -> None:
    async with ramon.Cluster(1, cpu=1, memory="1 GiB", asynchronous=True) as cluster:
        client = await cluster.get_client()
        assert await client.submit(abs, -3) == 3
        assert await asyncio.wrap_future(cluster.submit(abs, -4)) == 4
        assert [each async for each in cluster.map(abs, [-1, -2, -3])] == [1, 2, 3]
        assert "async with" in str(raised(TypeError, cluster.__enter__))
        await cluster.scale(0)
        # The last to go may still be on its way out.
        await asyncio.to_thread(until, lambda: not cluster.observed)


def a_map_that_was_left_is_cancelled_before_its_asynchronous_cluster_is_left() -> None:
    for way in (_by_break, _by_failing):
        asyncio.run(way())
        wanted = CLUSTER.get_client().run_on_scheduler(_names_of_tasks)
        assert not [name for name in wanted if name.startswith("_slowly")], way


def _names_of_tasks(dask_scheduler: Any) -> list[str]:
    return [str(key) for key in dask_scheduler.tasks]


def _slowly(x: int) -> int:
    time.sleep(0.05)
    return x


async def _by_break() -> None:
    async with ramon.Cluster.from_name("habits", asynchronous=True) as cluster:
        async for _ in cluster.map(_slowly, range(200)):
            break


async def _by_failing() -> None:
    with contextlib.suppress(LookupError):
        async with ramon.Cluster.from_name("habits", asynchronous=True) as cluster:
            async for _ in cluster.map(_slowly, range(200)):
                raise LookupError
