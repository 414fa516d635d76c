"""Dask's `ClusterTest` as it is, on `ramon.Cluster`; see test_dask_habits.py.

It is called with the path of Dask's file, and with the folder in which pytest is installed, which
that file imports for a mark.
"""

# Nothing of this is installed where the types of tests are checked.
# mypy: disable-error-code="import-not-found"

import importlib.util
import sys
from typing import Any

import distributed

import ramon

FILE, PYTEST = sys.argv[1:]


def _cluster_test() -> Any:
    sys.path.append(PYTEST)
    # By the name it once had, so that what it imports is Dask's of today.
    spec = importlib.util.spec_from_file_location("distributed.deploy.utils_test", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ClusterTest


class _OursByDasksArguments(ramon.Cluster):  # type: ignore[misc]  # Dask is elsewhere
    """Takes the port that Dask's tests name: 0, which means any."""

    def __init__(self, n_workers: int = 4, *, scheduler_port: int = 0, **kwargs: Any) -> None:
        assert scheduler_port == 0
        super().__init__(n_workers, **kwargs)


_ClusterTest: Any = _cluster_test()


class _Ours(_ClusterTest):  # type: ignore[misc]  # known only when it runs
    Cluster = _OursByDasksArguments
    kwargs = {"cpu": 1, "memory": "1 GiB"}  # noqa: RUF012 - as Dask's own class has it

    def setUp(self) -> None:
        """As Dask's, which gives the client no `security`: ours speaks nothing but TLS."""
        self.cluster = self.Cluster(2, scheduler_port=0, **self.kwargs)
        address, security = self.cluster.scheduler_address, self.cluster.security
        self.client = distributed.Client(address, security=security)


def test_cores() -> None:
    _pass("test_cores")


def test_submit() -> None:
    _pass("test_submit")


def test_context_manager() -> None:
    _pass("test_context_manager")


def test_no_workers() -> None:
    _pass("test_no_workers")


def none_is_left_out() -> None:
    here = {name for name in globals() if name.startswith("test_")}
    assert here == {name for name in dir(_ClusterTest) if name.startswith("test_")}


def _pass(name: str) -> None:
    case = _Ours()
    case.setUp()
    try:
        getattr(case, name)()
    finally:
        case.tearDown()
