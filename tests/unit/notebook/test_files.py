"""A file is replaced as a whole or not at all, and stays what it is."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramon_notebook.errors import FileChanged
from ramon_notebook.files import read_file, replace_file, replacing

SOMEBODY = 12345 if os.geteuid() == 0 else -1
"""Another owner, if we may give files away; else it stays our own."""

LARGE = b"x" * 100_000


@contextmanager
def full_disk() -> Iterator[None]:
    """Files can't grow beyond 10,000 bytes: a write fails in its middle."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def make(path: Path, kind: str) -> Path:
    """A file of that kind, which is to be replaced by way of `path`."""
    real = path.with_name("real")
    real.write_bytes(b"old")
    real.chmod(0o640)
    match kind:
        case "link":
            path.symlink_to("real")
        case "link to a link":
            path.with_name("between").symlink_to("real")
            path.symlink_to("between")
        case "hard link":
            os.link(real, path)
        case "owned by somebody else":
            os.chown(real, SOMEBODY, SOMEBODY)
            real.rename(path)
        case _:
            real.rename(path)
    return path


KINDS = ["file", "link", "link to a link", "hard link", "owned by somebody else"]


def looks(folder: Path) -> dict[str, tuple[bool, int, int, int, int]]:
    """What the files of a folder are, but for their content and, without hard links, inode."""
    return {
        path.name: (
            path.is_symlink(),
            path.stat().st_mode,
            path.stat().st_nlink,
            path.stat().st_uid,
            path.stat().st_gid,
        )
        for path in sorted(folder.iterdir())
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_replaced_file_stays_what_it_is(kind: str, tmp_path: Path) -> None:
    path = make(tmp_path / "path", kind)
    before = looks(tmp_path)
    replace_file(path, LARGE)
    assert looks(tmp_path) == before
    assert {file.read_bytes() for file in tmp_path.iterdir()} == {LARGE}


@pytest.mark.parametrize("kind", KINDS)
def test_a_write_that_fails_changes_nothing_and_leaves_nothing(kind: str, tmp_path: Path) -> None:
    path = make(tmp_path / "path", kind)
    before = looks(tmp_path)
    with full_disk(), pytest.raises(OSError, match="File too large"):
        replace_file(path, LARGE)
    assert looks(tmp_path) == before
    assert {file.read_bytes() for file in tmp_path.iterdir()} == {b"old"}


def test_a_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with replacing(tmp_path / "new") as file:
            file.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not list(tmp_path.iterdir())


def test_a_file_that_was_written_to_since_it_was_read_is_left_alone(tmp_path: Path) -> None:
    path = make(tmp_path / "path", "file")
    read = path.stat()
    path.write_bytes(b"newer")
    with pytest.raises(FileChanged):
        replace_file(path, LARGE, read=read)
    path.unlink()
    with pytest.raises(FileChanged):
        replace_file(path, LARGE, read=read)
    assert not list(tmp_path.iterdir())


def test_a_new_file_has_the_mode_that_other_programs_give(tmp_path: Path) -> None:
    replace_file(tmp_path / "ours", b"")
    (tmp_path / "theirs").touch()
    assert looks(tmp_path)["ours"] == looks(tmp_path)["theirs"]


@given(
    name=st.text(
        st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=60
    ).filter(lambda name: name not in (".", ".."))
)
def test_any_name_will_do(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("names") / name
    path.write_bytes(b"old")
    replace_file(path, b"new")
    assert [(file.name, file.read_bytes()) for file in path.parent.iterdir()] == [(name, b"new")]


def test_what_is_no_file_is_not_read_and_nobody_waits_for_it(tmp_path: Path) -> None:
    pipe, endless = tmp_path / "pipe.ipynb", tmp_path / "endless.ipynb"
    os.mkfifo(pipe)
    endless.symlink_to("/dev/zero")
    for path in (pipe, endless, tmp_path):
        with pytest.raises(OSError, match=r"regular file|directory"):
            read_file(path)
