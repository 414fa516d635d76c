"""What `concurrent.futures` promises of an executor, and what users try; see test_executor.py."""

# Nothing of this is installed where the types of tests are checked.
# mypy: disable-error-code="import-not-found"

import concurrent.futures as cf
import functools
import importlib
import operator
import shutil
import sys
import sysconfig
import threading
import time
import types
import warnings
import zipfile
from pathlib import Path
from typing import Any

import distributed
import joblib
from inside.helpers import raised, until

import ramon

CLUSTER = ramon.Cluster(2, name="executor", cpu=1, memory="1 GiB", budget="$5")
LOCK: Any = threading.Lock()


def it_is_an_executor() -> None:
    assert isinstance(CLUSTER, cf.Executor)
    future = CLUSTER.submit(divmod, 7, 4)
    assert isinstance(future, cf.Future)
    assert future.result() == (1, 3)
    assert CLUSTER.submit(dict, key=1, pure=2, fn=3).result() == {"key": 1, "pure": 2, "fn": 3}


def calls_are_made_each_time_they_are_asked_for() -> None:
    first, second = CLUSTER.submit(time.time_ns), CLUSTER.submit(time.time_ns)
    assert first.result() != second.result()


def futures_of_dask_become_their_results() -> None:
    future = CLUSTER.get_client().submit(operator.add, 1, 2)
    assert CLUSTER.submit(operator.mul, future, 10).result() == 30


def futures_fail_are_cancelled_and_are_waited_for_as_any() -> None:
    failing = CLUSTER.submit(operator.truediv, 1, 0)
    assert isinstance(failing.exception(), ZeroDivisionError)
    slow = CLUSTER.submit(time.sleep, 1)
    assert slow.cancel()
    assert slow.cancelled()
    done = cf.as_completed([CLUSTER.submit(abs, -n) for n in range(5)], timeout=60)
    assert {future.result() for future in done} == set(range(5))


def map_yields_results_in_order() -> None:
    assert list(CLUSTER.map(operator.add, range(500), range(1, 501))) == list(range(1, 1001, 2))
    assert list(CLUSTER.map(abs, [])) == []
    assert list(CLUSTER.map(abs, range(7), chunksize=3)) == list(range(7))


def map_fails_at_the_item_that_failed() -> None:
    results = CLUSTER.map(lambda x: 1 / x, [1, 2, 0], chunksize=1)
    assert [next(results), next(results)] == [1.0, 0.5]
    error = raised(ZeroDivisionError, lambda: next(results))
    assert "item 2" in error.__notes__[0]


def map_has_a_deadline_and_cancels_the_rest() -> None:
    raised(TimeoutError, lambda: list(CLUSTER.map(time.sleep, [2] * 4, timeout=0.5)))
    assert CLUSTER.submit(abs, -1).result(timeout=60) == 1


def many_small_calls_become_few_tasks() -> None:
    client = CLUSTER.get_client()
    before = len(client.futures)
    results = CLUSTER.map(abs, range(10_000))
    assert len(client.futures) - before <= 200
    assert sum(results) == sum(range(10_000))


def what_cannot_be_sent_is_named() -> None:
    def locks(_: int) -> object:
        return LOCK

    for call, name in (
        (lambda: CLUSTER.submit(locks, 1), "'LOCK', which locks() uses"),
        (lambda: CLUSTER.submit(abs, LOCK), "Argument 0 (lock)"),
        (lambda: CLUSTER.submit(dict, here=LOCK), "Argument 'here' (lock)"),
        (lambda: CLUSTER.submit(functools.partial(abs, LOCK)), "Argument 0 (lock)"),
        (lambda: CLUSTER.map(abs, [1, LOCK]), "Item 1 of the map"),
    ):
        error = raised(ramon.errors.NotPicklable, call)
        assert str(error).startswith(name), error
        assert isinstance(error, TypeError)


def a_package_that_workers_lack_is_named() -> None:
    def needs() -> None:
        import nonesuch.part  # noqa: F401, PLC0415 - a task does

    for call in (
        lambda: CLUSTER.submit(needs).result(),
        lambda: CLUSTER.get_client().submit(needs).result(),
    ):
        error = raised(ModuleNotFoundError, call)
        assert "`%pip install nonesuch`" in error.__notes__[0]
        assert "sync_environment" in error.__notes__[0]


def what_workers_lack_is_told_with_the_real_reason() -> None:
    made = types.ModuleType("made_here")
    exec("def value(): return 1", vars(made))  # noqa: S102 - as no file has it
    sys.modules["made_here"] = made
    with zipfile.ZipFile("tools.zip", "w") as archive:
        archive.writestr("zipped.py", "def value(): return 1\n")
    sys.path.insert(0, str(Path("tools.zip").resolve()))
    zipped = importlib.import_module("zipped")
    Path("heavy").mkdir()
    Path("heavy", "data.bin").write_bytes(bytes(2 << 20))
    Path("heavy", "__init__.py").write_text(
        "import pathlib\n"
        "def value(): return pathlib.Path(__file__).with_name('data.bin').read_bytes()\n"
    )
    sys.path.insert(0, "")
    importlib.invalidate_caches()
    heavy = importlib.import_module("heavy")
    for value, kind, told in (
        (made.value, ModuleNotFoundError, "this kernel has made itself"),
        (zipped.value, ModuleNotFoundError, "tools.zip beside the notebook"),
        (heavy.value, FileNotFoundError, "heavy/data.bin. Workers get the workspace's modules"),
    ):
        for call in (
            CLUSTER.submit(value).result,
            CLUSTER.get_client().submit(value).result,
        ):
            # Dask wraps what a scheduler can't unpickle.
            (note,) = raised((kind, RuntimeError), call).__notes__
            assert told in note, note
            assert "%pip install" not in note, note


def a_changed_package_is_warned_of_once_and_synced() -> None:
    packages = Path(sysconfig.get_path("purelib"))
    for number in ("1", "2"):
        _pretend_to_install(packages, number)
        with warnings.catch_warnings(record=True) as seen:
            for _ in range(2):
                CLUSTER.submit(abs, -1).result()
        (warning,) = [each for each in seen if each.category is ramon.errors.EnvironmentChanged]
        assert f"pretended {number} is here" in str(warning.message)
    shutil.rmtree(packages / "pretended-2.dist-info")
    CLUSTER.sync_environment()
    CLUSTER.wait_for_workers(2)


def _pretend_to_install(packages: Path, number: str) -> None:
    for old in packages.glob("pretended-*"):
        shutil.rmtree(old)
    folder = packages / f"pretended-{number}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: pretended\nVersion: {number}\n")
    (folder / "RECORD").write_text("")


def each_edit_that_this_kernel_has_not_imported_is_warned_of_once() -> None:
    sys.path.insert(0, "")
    Path("older.py").write_text("value = 1\n")
    older = importlib.import_module("older")
    CLUSTER.submit(abs, -1).result()
    for number in (2, 3):
        Path("older.py").write_text(f"value = {number}\n")
        with warnings.catch_warnings(record=True) as seen:
            for _ in range(2):
                assert CLUSTER.submit(lambda: older.value).result() == number
        (warning,) = [each for each in seen if each.category is ramon.errors.EnvironmentChanged]
        assert "importlib.reload(older)" in str(warning.message)
    importlib.reload(older)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CLUSTER.submit(abs, -1).result()


def a_module_of_the_workspace_that_workers_lack_is_not_looked_for_on_an_index() -> None:
    sys.path.insert(0, "")
    Path(".hidden").mkdir()
    Path(".hidden/tucked.py").write_text("")
    Path("../elsewhere").mkdir()
    Path("../elsewhere/outer.py").write_text("")
    sys.path += [str(Path(".hidden").absolute()), str(Path("../elsewhere").resolve())]

    def tucked() -> None:
        import tucked  # noqa: F401, PLC0415 - a task does

    def outer() -> None:
        import outer  # noqa: F401, PLC0415 - a task does

    for call, words in ((tucked, "begins with a dot"), (outer, "move it there")):
        (note,) = raised(ModuleNotFoundError, CLUSTER.submit(call).result).__notes__
        assert "pip" not in note
        assert words in note


def joblib_runs_on_it() -> None:
    with joblib.parallel_config(backend="ramon", cluster=CLUSTER):
        assert joblib.Parallel()(joblib.delayed(abs)(-n) for n in range(6)) == list(range(6))
    with joblib.parallel_config(backend="ramon"):
        assert joblib.Parallel()([joblib.delayed(abs)(-1)]) == [1]


def progress_counts_calls_of_this_kernel() -> None:
    assert list(CLUSTER.map(abs, range(20))) == list(range(20))
    until(lambda: "20 of 20 tasks" in CLUSTER._repr_html_())
    assert "$5.00" in str(CLUSTER.cost)


def a_with_block_waits_for_its_futures() -> None:
    with ramon.Cluster(1, cpu=1, memory="1 GiB") as cluster:
        future = cluster.submit(lambda: __import__("time").sleep(0.5) or 7)
    assert future.done()
    assert future.result() == 7
    error = raised(ramon.errors.ClusterStopped, lambda: cluster.submit(abs, 1))
    assert error.cost_usd is not None
    assert isinstance(error, RuntimeError)


def shutdown_ends_it_too() -> None:
    cluster = ramon.Cluster(0, shutdown_on_close=False)
    waiting = cluster.submit(abs, 1)
    cluster.shutdown(cancel_futures=True)
    assert waiting.cancelled()
    assert cluster.status is distributed.Status.closed
    assert cluster.info.state == "stopped"


def a_name_that_is_taken_says_how_to_connect() -> None:
    error = raised(ramon.errors.NameTaken, lambda: ramon.Cluster(name="executor"))
    assert "from_name" in str(error)
    error = raised(ramon.errors.ClusterNotFound, lambda: ramon.Cluster.from_name("nobody"))
    assert "nobody" in str(error)


def the_rest_of_the_service_answers() -> None:
    assert [info.name for info in ramon.clusters()] == ["executor"]
    assert ramon.usage().running[0].kind == "cluster"
