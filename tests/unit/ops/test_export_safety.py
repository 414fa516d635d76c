"""An export writes nothing outside of its folder, and loses nothing in it."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from hypothesis import given
from hypothesis import strategies as st

from ops.export import folder, names
from ops.export.reader import Entry, Unreadable
from tests.unit.ops.exported_stage import (
    ADA,
    Stage,
    export,
    index,
)


def test_nothing_is_written_outside_and_the_rest_is_exported(stage: Stage, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    paths = ["../out", "/etc/out", "a/../../../out", "a//b", ".", "x\0y", "door/inside"]
    entries = [stage.file(ADA, path, b"hostile") for path in paths]
    entries += [
        {"path": "door", "kind": "symlink", "target": str(outside)},
        {"path": "up", "kind": "symlink", "target": "../../.."},
        {"path": "nowhere", "kind": "symlink", "target": ""},
        {"path": "pipe", "kind": "fifo"},
        {"path": "bare"},
        stage.file(ADA, "good", b"good"),
    ]
    stage.snapshot(stage.notebook(1, ADA, "../../up/<b>\u202ename"), 1, entries)

    assert export(tmp_path / "to") == 1

    [notebook] = index(tmp_path / "to")["notebooks"]
    assert notebook["folder"] == "ada/_.._up__b_name (nb_1)"
    assert {each["path"] for each in notebook["files"] if "problem" not in each} == {
        "door/inside",
        "good",
    }
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))
    assert list(outside.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"outside", "to"}


def test_links_that_lead_out_together_are_not_exported(stage: Stage, tmp_path: Path) -> None:
    links = {
        "s/t/root": "../..",
        "out": "s/t/root/../../secret",
        "far/out": "../s/t/root/..",
        "in": "s/t/root/a",
        "loop": "loop",
        "a-chain": "b-chain",
        "b-chain": "out",
    }
    entries = [{"path": p, "kind": "symlink", "target": t} for p, t in links.items()]
    entries.append(stage.file(ADA, "a", b"a"))
    stage.snapshot(stage.notebook(1, ADA, "N"), 1, entries)
    (tmp_path / "to" / "secret").parent.mkdir()

    assert export(tmp_path / "to") == 1

    place = tmp_path / "to" / "ada" / "N (nb_1)"
    assert (place / "in").read_bytes() == b"a"
    assert not any(
        path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(place)
        for path in place.rglob("*")
    )
    [notebook] = index(tmp_path / "to")["notebooks"]
    problems = {each["path"] for each in notebook["files"] if "problem" in each}
    assert {"out", "far/out"} <= problems
    assert "s/t/root" not in problems


@given(st.text("./a\0é", max_size=12), st.text("./a\0", max_size=12))
def test_no_path_and_no_target_leads_out(path: str, target: str) -> None:
    entry = Entry(path, kind="symlink", target=target)
    with suppress(Unreadable):
        written = "/export/of/it/" + "/".join(names.parts(entry))
        assert os.path.normpath(written) == written
        reached = os.path.normpath(f"{Path(written).parent}/{names.target(entry)}")
        assert Path(reached).is_relative_to("/export/of/it")


def test_a_link_of_ones_own_in_the_place_of_a_folder_is_not_followed(
    stage: Stage, tmp_path: Path
) -> None:
    stage.save(stage.notebook(1, ADA, "N"), ADA, {"sub/a": b"a", "b": b"b"})
    place, outside = tmp_path / "to" / "ada" / "N (nb_1)", tmp_path / "outside"
    assert export(tmp_path / "to") == 0
    (place / "sub" / "a").unlink()
    (place / "sub").rmdir()
    outside.mkdir()
    (place / "sub").symlink_to(outside)

    assert export(tmp_path / "to") == 1

    assert list(outside.iterdir()) == []


def test_a_folder_with_other_things_is_left_alone(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")

    assert export(tmp_path) == 2
    assert export(tmp_path / "thesis.tex") == 2

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_two_exports_do_not_write_into_one_folder(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)

    assert export(tmp_path) == 2

    assert "Another export writes" in capsys.readouterr().err
    os.close(other)


def test_a_full_disk_ends_the_export_and_says_so(
    stage: Stage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stage.save(stage.notebook(1, ADA, "N"), ADA, {str(n): b"%d" % n for n in range(40)})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder.NotebookFolder, "_append", full)

    assert export(tmp_path / "to") == 2

    assert "The disk takes no more: No space left on device." in capsys.readouterr().err
    assert not index(tmp_path / "to")["finished"]


def test_a_disk_that_takes_two_names_for_one_keeps_the_first(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "to" / "ada" / "N (nb_1)"
    stage.save(stage.notebook(1, ADA, "N"), ADA, {"Data": b"first"})
    assert export(tmp_path / "to") == 0
    os.link(place / "Data", place / "data")  # as such a disk shows it
    monkeypatch.setattr(folder, "_listed", lambda _: ["Data"])
    monkeypatch.setattr("ops.export.export._AT_ONCE", 1)
    stage.save("nb_1", ADA, {"Data": b"first", "data": b"second"}, seq=2)

    assert export(tmp_path / "to") == 1

    assert (place / "Data").read_bytes() == b"first"
    assert (place / "data").read_bytes() == b"first"


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, "GetObject"),
        NoCredentialsError(),
    ],
)
def test_without_rights_the_export_ends_and_can_go_on_later(
    stage: Stage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    stage.save(stage.notebook(1, ADA, "N"), ADA, {"a": b"a"})

    def refused(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(folder.NotebookFolder, "_append", refused)
        assert export(tmp_path / "to") == 2
    assert str(error) in capsys.readouterr().err

    assert export(tmp_path / "to") == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Random_walks", "Random_walks"),
        ("..", "unnamed"),
        ("\n\t", "unnamed"),
        ("a/b\\c:d", "a_b_c_d"),
        ("\u202eevil", "evil"),
        ("क्\u200dष", "क्\u200dष"),
        pytest.param("x" * 500, "x" * 160, id="long"),
        pytest.param("数" * 100, "数" * 53, id="long in bytes"),
    ],
)
def test_a_folder_is_named_like_its_notebook(name: str, expected: str) -> None:
    assert names.folder(name, "nb_1") == f"{expected} (nb_1)"
