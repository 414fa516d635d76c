"""The benchmark of clusters, with clusters that are threads, and what is told of them."""

import asyncio
import json
import sys
import types
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from benchmarks import cluster, cluster_work, dask_gateway
from benchmarks.errors import BenchmarkError
from benchmarks.kernels import Kernel

NAMES = {"first_s", "ready_s", "tasks_per_s", "close_s"}

THREADS = '''
"""A library of clusters that are threads."""
from concurrent.futures import ThreadPoolExecutor


class BasicAuth:
    def __init__(self, user, password):
        assert password == "secret"


class Gateway:
    def __init__(self, address, auth):
        assert address == "http://gateway"

    def new_cluster(self):
        return self

    def scale(self, workers):
        self.pool = ThreadPoolExecutor(workers)

    def get_client(self):
        return self

    def submit(self, task, number):
        return self.pool.submit(task, number)

    def wait_for_workers(self, workers, timeout):
        assert timeout

    def map(self, task, numbers):
        return [self.pool.submit(task, number) for number in numbers]

    def gather(self, futures):
        return [future.result() for future in futures]

    def close(self):
        self.pool.shutdown()
'''


class Threads(ThreadPoolExecutor):
    """`ramon.Cluster`, as far as the benchmark uses it."""

    def __init__(self, n_workers: int, *, wait_for_workers: bool, quiet: bool) -> None:
        super().__init__(n_workers)
        self.asked_for = n_workers

    def wait_for_workers(self, workers: int, timeout: float) -> None:
        assert workers == self.asked_for

    def get_client(self) -> "Threads":
        return self

    def gather(self, results: Iterable[int]) -> list[int]:
        return list(results)

    def close(self) -> None:
        self.shutdown()


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    library = types.ModuleType("ramon")
    library.__dict__["Cluster"] = Threads
    monkeypatch.setitem(sys.modules, "ramon", library)


class KernelOfPython:
    """Runs a cell as a kernel does that has nothing of this project."""

    def __init__(self) -> None:
        self.is_settled = False

    async def execute(self, code: str) -> str:
        body, _, last = code.rpartition("\n")
        names: dict[str, Any] = {"__name__": "__main__"}
        exec(body, names)  # noqa: S102  that is what a kernel does
        return repr(eval(last, names))  # noqa: S307  as above

    async def settled(self) -> None:
        self.is_settled = True


@pytest.mark.usefixtures("library")
def test_a_cell_alone_measures_a_cluster_from_its_request_to_its_end() -> None:
    kernel = KernelOfPython()

    told = asyncio.run(cluster.in_kernel(cast(Kernel, kernel), "Ours")())

    assert set(told) == NAMES | {"client_tasks_per_s"}
    assert 0 < told["first_s"] < told["ready_s"]
    assert kernel.is_settled


def test_a_process_measures_a_cluster_of_the_peer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("dask_gateway", "distributed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(THREADS)
        (tmp_path / name / "auth.py").write_text(THREADS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    ask = "lambda workers: peer(workers, 'http://gateway', 'secret')"

    told = asyncio.run(cluster.in_process(Path(sys.executable), ask)())

    assert set(told) == NAMES


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(BenchmarkError, match="No module named 'dask_gateway'"):
        asyncio.run(cluster.in_process(Path(sys.executable), "floor")())


@pytest.mark.usefixtures("library")
def test_wrong_results_are_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> Future[int]:
        answer: Future[int] = Future()
        answer.set_result(0)
        return answer

    monkeypatch.setattr(Threads, "submit", lost)

    with pytest.raises(ValueError, match="wrong"):
        cluster_work.measured(cluster_work.Ours, 4, 10)


def test_what_comes_before_the_first_round_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PAUSE_SECONDS", 0)
    turns: list[str] = []

    def side(name: str) -> cluster.Turn:
        async def turn() -> cluster.Told:
            turns.append(name)
            return {"first_s": float(len(turns))}

        return turn

    told = asyncio.run(cluster.in_turns({"ours": side("ours"), "peer": side("peer")}, rounds=2))

    assert turns == ["ours", "peer"] * 3
    assert told == {
        "ours": [{"first_s": 3}, {"first_s": 5}],
        "peer": [{"first_s": 4}, {"first_s": 6}],
    }


def test_the_first_results_are_compared() -> None:
    def samples(first: float) -> list[cluster.Told]:
        return [dict.fromkeys(NAMES, 1.0) | {"first_s": first + more} for more in (0.0, 1.0, 2.0)]

    report = cluster.report({"ours": samples(2), "floor": samples(1), "peer": samples(5)})

    assert report.ratios == {"vs_floor": 1.5, "vs_peer": 0.5}
    assert set(json.loads(report.as_line())["subject"]) == NAMES


def test_a_gateways_configuration_is_python_and_keeps_to_its_folder(tmp_path: Path) -> None:
    text = dask_gateway.configuration(tmp_path, 8123, "secret")

    settings: dict[str, SimpleNamespace] = defaultdict(SimpleNamespace)
    c = SimpleNamespace(
        DaskGateway=settings["server"],
        Proxy=settings["proxy"],
        SimpleAuthenticator=settings["authenticator"],
        UnsafeLocalBackend=settings["backend"],
        ClusterConfig=settings["cluster"],
    )
    exec(text, {"c": c})  # noqa: S102  as Dask Gateway does
    assert c.Proxy.address == "127.0.0.1:8123"
    assert c.SimpleAuthenticator.password == "secret"
    assert Path(c.UnsafeLocalBackend.clusters_directory).parent == tmp_path
