"""Nothing that a manifest or a workspace says leads out of the workspace."""

import pytest

from ramon_notebook.workspace.entries import (
    Entry,
    UnsafePath,
    checked_path,
    checked_target,
    manifest_entries,
)

BLOB = {"sha256": "0" * 64, "size": 0, "mode": 0o644, "mtime_ms": 0}


@pytest.mark.parametrize(
    "path",
    ["", "/", "/etc/passwd", "..", "../x", "a/../../x", "a/..", "a//b", "a/", "./a", "a/.", "a\0b"],
)
def test_a_path_that_could_leave_the_workspace_is_refused(path: str) -> None:
    with pytest.raises(UnsafePath):
        checked_path(path)


@pytest.mark.parametrize("path", ["a", "a/b.ipynb", "…/ü", "..a", "a..", "a b", "~", "-rf", "a\\b"])
def test_an_odd_path_inside_the_workspace_is_fine(path: str) -> None:
    assert checked_path(path) == path


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("a", "/etc"),
        ("a", ".."),
        ("a", "../x"),
        ("d/a", "../../x"),
        ("a", "link/.."),
        ("d/e/a", "../x/../../../y"),
        ("a", ""),
        ("a", "b\0"),
    ],
)
def test_a_link_that_could_lead_outside_is_refused(path: str, target: str) -> None:
    with pytest.raises(UnsafePath):
        checked_target(path, target)


@pytest.mark.parametrize(
    ("path", "target"), [("a", "b"), ("a", "d/e"), ("d/a", "../b"), ("d/e/a", "../.."), ("a", ".")]
)
def test_a_link_inside_the_workspace_is_kept(path: str, target: str) -> None:
    assert checked_target(path, target) == target


@pytest.mark.parametrize(
    "entries",
    [
        [{"path": "../x", "kind": "file", **BLOB}],
        [{"path": "a", "kind": "symlink", "target": "/etc"}],
        [{"path": "a", "kind": "symlink", "target": "b"}, {"path": "a/x", "kind": "file", **BLOB}],
        [{"path": "a", "kind": "file", **BLOB}, {"path": "a/x", "kind": "file", **BLOB}],
        [{"path": "a", "kind": "dir"}, {"path": "a", "kind": "dir"}],
        [{"path": "a", "kind": "device"}],
    ],
)
def test_a_manifest_that_no_workspace_looks_like_is_refused(
    entries: list[dict[str, object]],
) -> None:
    with pytest.raises(ValueError, match=r"."):
        manifest_entries({"version": 2, "entries": entries})


def test_permission_bits_of_a_manifest_never_set_a_file_to_run_as_its_owner() -> None:
    entry = Entry.from_json({"path": "a", "kind": "file", **BLOB, "mode": 0o4755})
    assert entry.mode == 0o755
