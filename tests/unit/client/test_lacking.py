"""What workers lack is told with the real reason, and with what to do."""

# Dask, which errors of files may come from, is installed elsewhere.
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import importlib
import importlib.util
import os
import py_compile
import sys
import types
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ramon import _lacking


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A workspace that this process works and imports in."""
    folder = tmp_path / "work"
    folder.mkdir()
    before = set(sys.modules)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    importlib.invalidate_caches()
    yield folder
    for name in set(sys.modules) - before:
        del sys.modules[name]


def _source(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{name}.py"
    place.write_text("VALUE = 1\n")
    return place


def _import(folder: Path, name: str) -> None:
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    importlib.import_module(name)


def in_a_zip(work: Path) -> str:
    with zipfile.ZipFile(work / "tools.zip", "w") as archive:
        archive.writestr("zipped.py", "VALUE = 1\n")
    _import(work / "tools.zip", "zipped")
    return "zipped"


def in_a_wheel_elsewhere(work: Path) -> str:
    with zipfile.ZipFile(work.parent / "tools.whl", "w") as archive:
        archive.writestr("wheeled/__init__.py", "VALUE = 1\n")
    _import(work.parent / "tools.whl", "wheeled")
    return "wheeled"


def only_compiled(work: Path) -> str:
    source = _source(work, "compiled")
    py_compile.compile(str(source), str(work / "compiled.pyc"))
    source.unlink()
    _import(work, "compiled")
    return "compiled"


def made_in_the_kernel(_work: Path) -> str:
    sys.modules["dynmod"] = types.ModuleType("dynmod")
    return "dynmod"


def made_by_a_specification(_work: Path) -> str:
    spec = importlib.util.spec_from_loader("specmod", loader=None)
    assert spec
    sys.modules["specmod"] = importlib.util.module_from_spec(spec)
    return "specmod"


def loaded_by_a_path(work: Path) -> str:
    place = _source(work, "my-tool v1")
    spec = importlib.util.spec_from_file_location("mytool", place)
    assert spec
    assert spec.loader
    sys.modules["mytool"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return "mytool"


def loaded_by_a_hook(work: Path) -> str:
    (work / "hooked.ipynb").write_text("{}")
    sys.modules["hooked"] = module = types.ModuleType("hooked")
    module.__file__ = str(work / "hooked.ipynb")
    return "hooked"


def deleted(work: Path) -> str:
    place = _source(work, "deleted")
    _import(work, "deleted")
    place.unlink()
    return "deleted"


def in_a_hidden_folder(work: Path) -> str:
    _source(work / ".secret", "hidden")
    _import(work / ".secret", "hidden")
    return "hidden"


def no_longer_on_the_path(work: Path) -> str:
    _source(work / "parts", "unlisted")
    _import(work / "parts", "unlisted")
    sys.path.remove(str(work / "parts"))
    return "unlisted"


def in_a_folder_not_of_utf8(work: Path) -> str:
    folder = work / os.fsdecode(b"d\xff")
    _source(folder, "odd")
    _import(folder, "odd")
    return "odd"


def ignored(work: Path) -> str:
    _source(work, "ignored")
    _import(work, "ignored")
    return "ignored"


def outside_the_workspace(work: Path) -> str:
    _source(work.parent / "elsewhere", "outside")
    _import(work.parent / "elsewhere", "outside")
    return "outside"


def a_part_of_a_package_that_is_compiled_only(work: Path) -> str:
    _source(work / "pack", "__init__")
    source = _source(work / "pack", "inner")
    py_compile.compile(str(source), str(work / "pack" / "inner.pyc"))
    source.unlink()
    _import(work, "pack.inner")
    return "pack.inner"


def a_part_that_no_package_has(_work: Path) -> str:
    return "pytest.nonesuch"


def installed(_work: Path) -> str:
    return "yaml"


def of_python(_work: Path) -> str:
    return "tkinter"


def nowhere(_work: Path) -> str:
    return "nonesuch.part"


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (in_a_zip, "unpack {work}/tools.zip beside the notebook"),
        (in_a_wheel_elsewhere, "unpack {home}/tools.whl beside the notebook"),
        (only_compiled, "{work}/compiled.pyc. It is there only as compiled: put its .py beside it"),
        (
            made_in_the_kernel,
            "this kernel has made itself: no file has it. Write it into dynmod.py",
        ),
        (made_by_a_specification, "Write it into specmod.py"),
        (loaded_by_a_path, "call the file mytool.py, and import it"),
        (loaded_by_a_hook, "Workers get modules that are .py or .so files"),
        (deleted, "imported from {work}/deleted.py, and that is not there any more"),
        (in_a_hidden_folder, "begins with a dot: move it out of .secret"),
        (no_longer_on_the_path, "run `sys.path.append('{work}/parts')` first"),
        (in_a_folder_not_of_utf8, "Its name is not UTF-8"),
        (ignored, "not what .ramonignore or its defaults"),
        (outside_the_workspace, "Workers get the modules of the workspace ({work}): move it there"),
        (a_part_of_a_package_that_is_compiled_only, "lack 'pack.inner', which is here in"),
        (a_part_that_no_package_has, "pytest has no part of that name"),
        (installed, "installed here (the package PyYAML): run `cluster.sync_environment()`"),
        (of_python, "a part of Python that theirs was built without"),
        (nowhere, "Run `%pip install nonesuch` here"),
    ],
)
def test_a_module_that_workers_lack_is_told_with_the_real_reason(
    work: Path, case: Callable[[Path], str], told: str
) -> None:
    name = case(work)
    said = _lacking.module(name, "sim")
    assert said is not None
    assert said.startswith(f"The workers of sim lack {name.partition('.')[0]!r}"[:-1])
    assert told.format(work=work, home=work.parent) in said
    assert ("%pip install" in said) == (case is nowhere)


def test_an_error_that_names_no_module_gets_no_note() -> None:
    assert _lacking.module(None, "sim") is None
    assert _lacking.module("", "sim") is None


VERSION = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    "looked_for",
    [
        "package/data.bin",
        b"package/data.bin",
        Path("package/data.bin"),
        "{work}/package/data.bin",
        f"/var/worker/code/{VERSION}/work/package/data.bin",
    ],
)
def test_a_file_of_the_workspace_that_workers_lack_is_told_with_what_to_do(
    work: Path, looked_for: object
) -> None:
    (work / "package").mkdir()
    (work / "package" / "data.bin").write_bytes(bytes(2 << 20))
    if isinstance(looked_for, str):
        looked_for = looked_for.format(work=work)
    said = _lacking.file(looked_for, "sim")
    assert said is not None
    assert f"lack 'data.bin', which is here in {work}/package/data.bin" in said
    assert "files of packages of up to 1 MiB" in said
    assert "pass what is in it as an argument" in said


@pytest.mark.parametrize("looked_for", ["nowhere.csv", "/etc/passwd", "a\0b", None, 3])
def test_a_file_that_is_not_in_the_workspace_gets_no_note(work: Path, looked_for: object) -> None:
    assert list(work.iterdir()) == []
    assert _lacking.file(looked_for, "sim") is None
