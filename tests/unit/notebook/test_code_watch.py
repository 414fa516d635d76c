"""Whether files may have changed is told cheaply, and a change is never missed."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramon_notebook.environment import watch
from ramon_notebook.environment.modules import Code, modules_of
from ramon_notebook.environment.watch import Reader, Watch
from ramon_notebook.workspace.ignore import IgnoreRules

NAMES = ("a.py", "b.py", "pack/c.py")
EDITS = st.lists(
    st.tuples(
        st.sampled_from(("write", "write as old", "move", "remove", "link")),
        st.sampled_from(NAMES),
        st.sampled_from("xyz"),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("watched")


def edit(workspace: Path, how: str, name: str, text: str) -> None:
    """One edit, as editors, programs and people make it; always of the same size."""
    file = workspace / name
    file.parent.mkdir(exist_ok=True)
    if how == "write as old" and file.exists():
        before = file.stat()
        file.write_text(text)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif how == "move":
        half = file.with_name("half")
        half.write_text(text)
        half.replace(file)
    elif how == "remove":
        file.unlink(missing_ok=True)
    elif how == "link":
        file.unlink(missing_ok=True)
        other = workspace / f"{text}.txt"
        other.write_text(text)
        file.symlink_to(other)
    else:
        file.write_text(text)


@settings(max_examples=60, deadline=None)
@given(EDITS)
def test_after_any_edits_what_is_read_is_what_is_there(
    folder: Path, edits: list[tuple[str, str, str]]
) -> None:
    workspace = folder / str(time.time_ns())
    workspace.mkdir()
    rules, reader = IgnoreRules(workspace), Reader()
    known, seen = Watch(), ""
    for each in edits:
        edit(workspace, *each)
        if known.may_differ():
            found = modules_of(workspace, rules)
            known = Watch(found.looked_at)
            seen = repr(sorted(Code.read(found, [], [], reader).contents.items()))
        there = {
            name: (workspace / name).read_bytes() for name in NAMES if (workspace / name).exists()
        }
        assert seen == repr(sorted(there.items()))


def test_what_was_not_touched_for_a_moment_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.py"
    file.write_text("x")
    monkeypatch.setattr(time, "time_ns", lambda: file.stat().st_ctime_ns + watch.TICK + 1)
    known, reader = Watch([tmp_path, file]), Reader()
    assert not known.may_differ()
    first = reader.read([file])[file]
    assert reader.read([file])[file] is first


def test_a_watch_of_what_changed_just_now_does_not_trust_it(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("x")
    assert Watch([file]).may_differ()
    os.utime(file, ns=(0, 0))
    assert Watch([file]).may_differ(), "its modification time says nothing"


def test_links_are_kept_and_each_folder_is_looked_at_once(tmp_path: Path) -> None:
    for path in ("src/geo/__init__.py", ".hidden/tucked/__init__.py", "out/x.py"):
        (tmp_path / "work" / path).parent.mkdir(parents=True)
        (tmp_path / "work" / path).write_text("")
    work, outside = tmp_path / "work", tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "far.py").write_text("")
    for number in range(12):  # each leads to all of them: a walk along every path would not end
        (work / "out" / f"link{number}").symlink_to(work, target_is_directory=True)
    for path, target in (
        ("geo", "src/geo"), ("tucked", ".hidden/tucked"), ("outer", outside), ("self", "self"),
    ):  # fmt: skip
        (work / path).symlink_to(target)
    found = modules_of(work, IgnoreRules(work))
    assert set(found.files) == {"src/geo/__init__.py", ".hidden/tucked/__init__.py", "out/x.py"}
    assert {path: found.links[path] for path in ("geo", "tucked")} == {
        "geo": "src/geo", "tucked": ".hidden/tucked",
    }  # fmt: skip
    assert "outer" not in found.links
    assert len(found.links) == 14


def test_names_that_are_not_utf8_are_left_out_and_told(tmp_path: Path) -> None:
    for name in (b"caf\xe9.py", b"d\xff/x.py", b"pack/\xe9.txt", b"pack/__init__.py"):
        file = tmp_path / os.fsdecode(name)
        file.parent.mkdir(exist_ok=True)
        file.write_text("")
    (tmp_path / "link").symlink_to(os.fsdecode(b"d\xff"))
    found = modules_of(tmp_path, IgnoreRules(tmp_path))
    assert set(found.files) == {"pack/__init__.py"}
    assert not found.links
    unnameable = sorted(os.fsencode(name) for name in found.unnameable)
    assert unnameable == [b"caf\xe9.py", b"d\xff", b"link", b"pack/\xe9.txt"]
    assert Code.read(found, [], []).packed()
