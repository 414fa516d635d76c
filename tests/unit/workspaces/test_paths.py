"""What may be in a workspace: paths that stay inside, and nothing under a file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid
from chalicelib.workspaces import tree
from chalicelib.workspaces.schemas import Commit, Entry, File

SHA = "0" * 64


def _file(path: str, size: int = 1) -> Entry:
    return Entry(path, sha256=SHA, size=size)


def _applied(entries: list[File], change: Commit) -> list[File]:
    return tree.apply(entries, change, "acc_1").entries


def _put(*entries: Entry) -> list[File]:
    return _applied([], Commit(None, puts=list(entries)))


@pytest.mark.parametrize(
    "path", ["a.ipynb", "data/run 1/ü.csv", ".config/x", "a..b", "...", "a\\b"]
)
def test_ordinary_paths_are_taken(path: str) -> None:
    assert [entry.path for entry in _put(_file(path))] == [path]


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a", "a/.", "a\0b", "x" * 256],
)
def test_paths_that_lead_elsewhere_are_refused(path: str) -> None:
    with pytest.raises(Invalid):
        _put(_file(path))


@pytest.mark.parametrize(
    ("path", "target"), [("link", "a.csv"), ("d/link", "../a.csv"), ("d/e/link", "../../a")]
)
def test_symlinks_within_the_workspace_are_taken(path: str, target: str) -> None:
    assert _put(Entry(path, kind="symlink", target=target))[0].target == target


@pytest.mark.parametrize(
    ("path", "target"),
    [("link", "/etc/passwd"), ("link", ".."), ("d/link", "../../x"), ("link", ""), ("link", "a\0")],
)
def test_symlinks_that_lead_out_are_refused(path: str, target: str) -> None:
    with pytest.raises(Invalid):
        _put(Entry(path, kind="symlink", target=target))


def test_a_file_cannot_be_a_directory_at_the_same_time() -> None:
    with pytest.raises(Invalid, match="beneath"):
        _put(_file("a"), _file("a/b"))


def test_deleting_a_directory_deletes_what_is_in_it_and_nothing_else() -> None:
    entries = _put(_file("a/x"), _file("a/y/z"), _file("ab"))

    left = _applied(entries, Commit(None, deletes=["a"]))

    assert [entry.path for entry in left] == ["ab"]


_names = st.sampled_from(["a", "b", "c", "d"])


@given(st.lists(st.tuples(st.booleans(), _names), max_size=30))
def test_any_chain_of_puts_and_deletes_leaves_what_a_dictionary_would(
    changes: list[tuple[bool, str]],
) -> None:
    entries: list[File] = []
    expected: dict[str, int] = {}
    for size, (is_put, path) in enumerate(changes):
        if is_put:
            entries = _applied(entries, Commit(None, puts=[_file(path, size)]))
            expected[path] = size
        else:
            entries = _applied(entries, Commit(None, deletes=[path]))
            expected.pop(path, None)

    assert {entry.path: entry.size for entry in entries} == expected
    assert [entry.path for entry in entries] == sorted(expected)


def test_a_path_can_have_as_many_folders_as_any_project_and_no_more() -> None:
    assert _put(_file("d/" * tree.MOST_DEPTH + "f"))
    with pytest.raises(Invalid, match="64 folders"):
        _put(_file("d/" * (tree.MOST_DEPTH + 1) + "f"))
