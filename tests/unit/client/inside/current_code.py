"""Modules of the workspace are edited between calls: each call runs what is there when it is made.

See test_current_code.py. Every check writes modules of its own.
"""

# Nothing of this is installed where the types of tests are checked.
# mypy: allow-untyped-calls, disable-error-code="import-not-found"

import importlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import dask
import distributed
import joblib
import numpy as np
from inside.helpers import raised, until

import ramon

sys.path.insert(0, "")
CLUSTER = ramon.Cluster(2, name="code", cpu=2, memory="1 GiB")
CLIENT = CLUSTER.get_client()


def _module(name: str, text: str) -> Any:
    """Write a module and import it here, anew if it was imported before."""
    file = Path(*name.split(".")).with_suffix(".py")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    importlib.invalidate_caches()
    return importlib.import_module(name)


def _write(file: str, text: str) -> None:
    Path(file).write_text(text)


def each_edit_arrives_however_often_and_by_whatever_way_it_is_called() -> None:
    edited = _module("edited", "def value(*_): return 0\n")

    def late() -> Any:
        import edited  # noqa: PLC0415 - as users do

        return edited.value()

    plain = distributed.Client(CLUSTER.scheduler_address, security=CLUSTER.security)
    ways = {
        "submit": lambda: CLUSTER.submit(edited.value).result(),
        "map": lambda: max(CLUSTER.map(edited.value, range(2))),
        "get_client": lambda: CLIENT.submit(edited.value).result(),
        "a plain client": lambda: plain.submit(edited.value).result(),
        "client.map": lambda: CLIENT.gather(CLIENT.map(edited.value, [1, 2]))[0],
        "delayed": lambda: dask.delayed(edited.value)(1).compute(),
        "run": lambda: next(iter(CLIENT.run(edited.value).values())),
        "joblib": lambda: _by_joblib(edited.value),
        "a function of the notebook": lambda: CLUSTER.submit(lambda: edited.value(1)).result(),
        "a late import": lambda: CLUSTER.submit(late).result(),
    }
    number = 0
    for name, way in ways.items():
        for _ in range(3):
            number += 1
            _write("edited.py", f"def value(*_): return {number}\n")
            assert way() == number, (name, way(), number)
    plain.close()


def _by_joblib(function: Any) -> Any:
    with joblib.parallel_config(backend="ramon", cluster=CLUSTER):
        return joblib.Parallel()([joblib.delayed(function)(1)])[0]


READING = {
    "settings": "import json, pathlib\n"
    "VALUE = json.loads(pathlib.Path(__file__).with_name('data.json').read_text())\n",
    "resources": "from importlib.resources import files\n"
    "VALUE = int((files('resources') / 'deep' / 'data.txt').read_text())\n",
    "zipped": "import os, sys\n"
    "sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'inner.zip'))\n"
    "from inside_zip import VALUE\n",
}
"""Packages that read a value when they are imported, by name."""


def data_that_a_package_reads_when_it_is_imported_is_new_too() -> None:
    for name, text in READING.items():
        _write_in(name, "__init__.py", f"{text}def value(*_): return VALUE\n")
        _package_data(name, 1)
        package = importlib.import_module(name)
        held = CLIENT.submit(package.value, 7), dask.delayed(package.value, pure=True)(7).persist()
        assert held[0].result() == 1
        for number in (2, 3):
            _package_data(name, number)
            assert _by_all_ways(package.value) == {number}, name


def _package_data(package: str, number: int) -> None:
    Path(package, "deep").mkdir(exist_ok=True)
    _write(f"{package}/data.json", str(number))
    _write(f"{package}/deep/data.txt", str(number))
    with zipfile.ZipFile(f"{package}/inner.zip", "w") as archive:
        archive.writestr("inside_zip.py", f"VALUE = {number}\n")


def _by_all_ways(function: Any) -> set[Any]:
    """What a function returns, called in each way that once kept something of before."""
    array = np.zeros(1 << 20)

    def large(*_: int) -> Any:
        return function(len(array))

    called = [CLUSTER.submit(function).result(), CLIENT.submit(function, 7).result()]
    delayed = dask.delayed(function, pure=True)(7).compute()
    mapped = [*CLUSTER.map(function, range(3)), *CLUSTER.map(large, range(2))]
    return {*called, *mapped, delayed, _by_joblib(function)}


def a_module_that_is_found_elsewhere_now_is_the_one_that_runs() -> None:
    for number in (1, 2):
        _write_in(f"place{number}", "placed.py", f"def value(*_): return {number}\n")
    for number in (1, 2, 1):
        sys.path.insert(0, os.path.abspath(f"place{number}"))  # noqa: PTH100 - as users do
        sys.modules.pop("placed", None)
        importlib.invalidate_caches()
        assert _by_all_ways(importlib.import_module("placed").value) == {number}
        del sys.path[0]


def _write_in(folder: str, file: str, text: str) -> None:
    Path(folder).mkdir(exist_ok=True)
    Path(folder, file).write_text(text)


def a_module_that_became_a_package_or_a_package_a_module_is_new() -> None:
    turned = _module("turned", "def value(*_): return 'module'\n")
    assert _by_all_ways(turned.value) == {"module"}
    Path("turned.py").unlink()
    _write_in("turned", "__init__.py", "def value(*_): return 'package'\n")
    assert _by_all_ways(_imported_anew("turned").value) == {"package"}
    shutil.rmtree("turned")
    _write("turned.py", "def value(*_): return 'again'\n")
    assert _by_all_ways(_imported_anew("turned").value) == {"again"}


def _imported_anew(name: str) -> Any:
    del sys.modules[name]
    importlib.invalidate_caches()
    return importlib.import_module(name)


def helpers_that_only_workers_import_are_new_too() -> None:
    _write("helper.py", "def value(*_): return 1\n")
    choosing = _module(
        "choosing",
        f"import os\nif os.getpid() == {os.getpid()}:\n    def value(*_): return 0\n"
        "else:\n    from helper import value\n",
    )
    assert _by_all_ways(choosing.value) == {1}
    for number in (2, 3):
        _write("helper.py", f"def value(*_): return {number}\n")
        assert _by_all_ways(choosing.value) == {number}


def an_edit_of_equal_size_and_time_arrives() -> None:
    same = _module("same", "def value(): return 1\n")
    assert CLUSTER.submit(same.value).result() == 1
    before = Path("same.py").stat()
    for number in (2, 3, 4):
        _write("same.py", f"def value(): return {number}\n")
        os.utime("same.py", ns=(before.st_atime_ns, before.st_mtime_ns))
        assert CLUSTER.submit(same.value).result() == number


def a_future_that_is_still_held_is_not_taken_for_the_new_call() -> None:
    held = _module("held", "def value(x): return 1\n")
    first = CLIENT.submit(held.value, 7)
    lazy = dask.delayed(held.value, pure=True)(7)
    kept = lazy.persist()
    assert (first.result(), kept.compute()) == (1, 1)
    _write("held.py", "def value(x): return 2\n")
    assert lazy.compute() == 2
    assert CLIENT.submit(held.value, 7).result() == 2
    assert dask.delayed(held.value, pure=True)(7).compute() == 2
    assert CLIENT.gather(CLIENT.map(held.value, [7])) == [2]


def a_mended_function_is_called_again_although_its_error_is_held() -> None:
    wrong = _module("wrong", "def value(x): return x / 0\n")
    lazy = dask.delayed(wrong.value, pure=True)(1)
    future = CLIENT.submit(wrong.value, 1)
    raised(ZeroDivisionError, future.result)
    failed = lazy.persist()
    raised(ZeroDivisionError, failed.compute)
    _write("wrong.py", "def value(x): return x / 1\n")
    future = CLIENT.submit(wrong.value, 1)
    assert future.result() == 1
    assert lazy.compute() == 1


def a_map_that_runs_while_its_module_is_edited_is_of_one_version() -> None:
    slow = _module(
        "slow",
        "import time\ndef value(_):\n    time.sleep(0.1)\n    import slower\n"
        "    return 1, slower.NUMBER\n",
    )
    _write("slower.py", "NUMBER = 1\n")
    results = CLUSTER.map(slow.value, range(40), chunksize=2)
    assert next(results) == (1, 1)
    _write("slow.py", "def value(_):\n    import slower\n    return 2, slower.NUMBER\n")
    _write("slower.py", "NUMBER = 2\n")
    news = [CLUSTER.submit(slow.value, at) for at in range(8)]
    assert set(results) == {(1, 1)}
    assert {new.result() for new in news} == {(2, 2)}


def what_modules_import_of_each_other_is_new_too() -> None:
    _module("pack.inner", "NUMBER = 1\n")
    package = _module("pack.outer", "from pack import inner\ndef value(): return inner.NUMBER\n")
    assert CLUSTER.submit(package.value).result() == 1
    _write("pack/inner.py", "NUMBER = 2\n")
    assert CLUSTER.submit(package.value).result() == 2


def a_module_that_was_deleted_or_renamed_is_gone() -> None:
    gone = _module("gone", "def value(): return 1\n")
    assert CLUSTER.submit(gone.value).result() == 1
    Path("gone.py").rename("moved.py")
    assert isinstance(CLUSTER.submit(gone.value).exception(), ModuleNotFoundError)
    moved = importlib.import_module("moved")
    assert CLUSTER.submit(moved.value).result() == 1


def a_worker_that_joins_later_has_it_too() -> None:
    late = _module("late", "class Late:\n    number = 1\n")
    assert CLUSTER.submit(lambda: late.Late.number).result() == 1
    _write("late.py", "class Late:\n    number = 2\n")
    CLUSTER.scale(3)
    CLUSTER.wait_for_workers(3)
    found = CLIENT.run(lambda: late.Late.number)
    assert list(found.values()) == [2, 2, 2]
    CLUSTER.scale(2)
    until(lambda: len(CLIENT.scheduler_info()["workers"]) == 2)


def scattered_objects_of_a_new_class_arrive() -> None:
    kinds = _module("kinds", "")
    _write("kinds.py", "class Kind:\n    number = 5\n")
    importlib.reload(kinds)
    future = CLIENT.scatter(kinds.Kind(), broadcast=True)
    assert CLUSTER.submit(lambda kind: kind.number, future).result() == 5


def a_script_in_the_folder_of_work_is_new_too() -> None:
    def ran() -> str:
        done = subprocess.run(
            [sys.executable, "tool.py"], capture_output=True, text=True, check=True
        )
        return done.stdout

    for text in ("one", "two"):
        _write("tool.py", f"print({text!r})\n")
        assert CLUSTER.submit(ran).result() == f"{text}\n"


def packages_behind_links_travel_and_loops_end() -> None:
    Path("src/geo/deep").mkdir(parents=True)
    _write("src/geo/__init__.py", "from geo.deep import value\n")
    _write("src/geo/deep/__init__.py", "def value(): return 1\n")
    _write("src/single.py", "number = 3\n")
    Path("geo").symlink_to("src/geo")
    Path("single.py").symlink_to("src/single.py")
    Path("src/geo/up").symlink_to("..")
    Path("itself").symlink_to("itself")
    Path(".hidden/tucked").mkdir(parents=True)
    _write(".hidden/tucked/__init__.py", "number = 4\n")
    Path("tucked").symlink_to(Path(".hidden/tucked").absolute())

    def seen() -> Any:
        import geo  # noqa: PLC0415
        import single  # noqa: PLC0415
        import tucked  # noqa: PLC0415

        return geo.value(), single.number, tucked.number

    assert CLUSTER.submit(seen).result() == (1, 3, 4)
    _write("src/geo/deep/__init__.py", "def value(): return 2\n")
    assert CLUSTER.submit(seen).result() == (2, 3, 4)
    shutil.copytree("src/geo/deep", "other")
    Path("geo").unlink()
    Path("geo").symlink_to("other")
    assert CLUSTER.submit(lambda: __import__("geo").value()).result() == 2


def a_file_named_like_a_module_of_pythons_does_not_shadow_it() -> None:
    for name in ("colorsys", "queue", "token"):
        _write(f"{name}.py", "raise ImportError('not this one')\n")

    def seen() -> Any:
        import colorsys  # noqa: PLC0415
        import queue  # noqa: PLC0415
        import token  # noqa: PLC0415

        return colorsys.rgb_to_hsv(0, 0, 0), token.NAME, queue.Queue

    assert CLUSTER.submit(seen).result()[1] == 1


def names_that_are_not_utf8_are_left_out_and_harm_nothing() -> None:
    beside = _module("beside", "def value(*_): return 0\n")
    sys.path.append(os.fsdecode(b"d\xff"))
    number = 0
    for name in (b"caf\xe9.py", b"d\xff/x/__init__.py", b"named/\xe9.txt", b"link"):
        number += 2
        _write("beside.py", f"def value(*_): return {number}\n")
        folder = Path(os.fsdecode(name)).parent
        folder.mkdir(parents=True, exist_ok=True)
        Path("named").mkdir(exist_ok=True)
        Path("named/__init__.py").touch()
        if name == b"link":
            Path("link").symlink_to(os.fsdecode(b"d\xff"))
        else:
            Path(os.fsdecode(name)).write_text("")
        assert _by_all_ways(beside.value) == {number}, name
        if name != b"d\xff/x/__init__.py":
            Path(os.fsdecode(name)).unlink()
        _write("beside.py", f"def value(*_): return {number + 1}\n")
        assert CLUSTER.submit(beside.value).result() == number + 1, name
    sys.path.pop()
    shutil.rmtree(os.fsdecode(b"d\xff"))
    logs = CLUSTER.get_logs(cluster=False, workers=False)
    assert r"Workers don't get 'caf\udce9.py'" in logs["Scheduler"], logs


def modules_that_are_too_large_are_refused_with_a_sentence() -> None:
    big = _module("big", "def value(): return 1\n")
    _write("large.py", f"'''{'x' * (51 << 20)}'''")
    error = raised(ramon.errors.EnvironmentMismatch, CLUSTER.submit(big.value).result)
    assert ".ramonignore" in str(error)
    Path("large.py").unlink()
    assert CLUSTER.submit(big.value).result() == 1
