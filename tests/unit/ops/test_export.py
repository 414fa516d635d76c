"""What is exported is what was saved, byte for byte; what can't be read is said."""

import hashlib
import json
import os
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.testing import LocalCloud
from ops.export.reader import Reader
from tests.unit.ops.exported_stage import ADA, BUCKET, GRACE, Files, Stage, export, exported, index

ODD: Files = {
    "Walks.ipynb": b'{"cells": []}',
    "empty": b"",
    "data/deep/er/values.bin": bytes(range(256)) * 5000,
    "données/Ünïcode 数据.csv": b"a,b\n",
    "two\nlines": b"newline",
    "-rf": b"a dash",
    " spaces ": b"spaces",
    'quo"te\\back': b"quotes",
    "n" * 255: b"a long name",
    ".hidden": b"hidden",
    "same content": b"twice",
    "same content again": b"twice",
}


def test_every_notebook_is_exported_byte_for_byte(stage: Stage, tmp_path: Path) -> None:
    walks = stage.notebook(1, ADA, "Random walks")
    stage.save(walks, ADA, {"old": b"of an earlier snapshot"}, seq=9)
    stage.save(walks, ADA, ODD, seq=10)
    stage.save(stage.notebook(2, GRACE, "Mine", deleted_at=1), GRACE, {"a": b"of grace"})
    stage.notebook(3, GRACE, "Never saved")

    assert export(tmp_path / "to") == 0

    to = tmp_path / "to"
    assert exported(to / "ada" / "Random walks (nb_1)") == ODD
    assert exported(to / "grace" / "Mine (nb_2)") == {"a": b"of grace"}
    told = index(to)
    assert told["finished"]
    assert [each["name"] for each in told["notebooks"]] == ["Random walks", "Mine", "Never saved"]
    page = (to / "index.html").read_text()
    assert "Random walks" in page
    assert "2023-11-14 22:13:20" in page
    assert f"{sum(map(len, ODD.values())):,}" in page
    assert "can still be restored" in page


def test_modes_times_links_and_empty_folders_are_exported(stage: Stage, tmp_path: Path) -> None:
    stage.snapshot(
        stage.notebook(1, ADA, "Tools"),
        1,
        [
            {"path": "bin", "kind": "dir"},
            stage.file(ADA, "run.sh", b"#!/bin/sh", mode=0o4755, mtime_ms=1_600_000_000_123),
            stage.file(ADA, "far", b"far", mtime_ms=2**53),
            {"path": "alias", "kind": "symlink", "target": "run.sh"},
            {"path": "sub/up", "kind": "symlink", "target": "../run.sh"},
        ],
    )

    assert export(tmp_path / "to") == 0
    assert export(tmp_path / "to") == 0  # and once more over it

    place = tmp_path / "to" / "ada" / "Tools (nb_1)"
    program = (place / "run.sh").stat()
    assert stat.S_IMODE(program.st_mode) == 0o755
    assert program.st_mtime_ns == 1_600_000_000_123_000_000
    assert (place / "bin").is_dir()
    assert (place / "alias").readlink() == Path("run.sh")
    assert (place / "sub" / "up").read_bytes() == b"#!/bin/sh"


def test_what_cannot_be_read_is_said_and_everything_else_is_exported(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = stage.notebook(1, ADA, "Broken")
    stage.save(broken, ADA, {"gone": b"gone", "spoilt": b"spoilt", "good": b"good"})
    gone, spoilt = (
        f"blobs/{ADA}/{hashlib.sha256(content).hexdigest()}" for content in (b"gone", b"spoilt")
    )
    stage.s3.delete_object(Bucket=BUCKET, Key=gone)
    stage.s3.put_object(Bucket=BUCKET, Key=spoilt, Body=b"SPOILT")
    lost = stage.save(stage.notebook(2, ADA, "Lost"), ADA, {"a": b"a"})
    stage.s3.delete_object(Bucket=BUCKET, Key=f"manifests/{lost}")
    bent = stage.save(stage.notebook(3, ADA, "Bent"), ADA, {"a": b"b"})
    stage.s3.put_object(Bucket=BUCKET, Key=f"manifests/{bent}", Body=zlib.compress(b"{}"))
    stage.save(stage.notebook(4, ADA, "Whole"), ADA, {"a": b"whole"})

    assert export(tmp_path / "to") == 1

    place = tmp_path / "to" / "ada"
    assert exported(place / "Broken (nb_1)") == {"good": b"good"}
    assert exported(place / "Whole (nb_4)") == {"a": b"whole"}
    said = capsys.readouterr().err
    assert "4 could not be read or written" in said
    for what in ("Broken (nb_1)/gone: ", "Broken (nb_1)/spoilt: ", "Lost (nb_2): ", "Bent (nb_3)"):
        assert what in said
        assert what.partition(" (")[0] in (tmp_path / "to" / "index.html").read_text()


def test_an_export_goes_on_where_it_was_cut_off(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = os.urandom(3 * 1024 * 1024 + 5)
    stage.save(stage.notebook(1, ADA, "N"), ADA, {"large": large, "small": b"small"})
    read: list[tuple[str, int]] = []
    real = Reader.content

    def content(self: Reader, key: str, start: int) -> Iterator[bytes]:
        for number, piece in enumerate(real(self, key, start)):
            if number == 2:
                raise KeyboardInterrupt  # Ctrl-C, in the third piece
            yield piece
        read.append((key.rpartition("/")[2], start))

    monkeypatch.setattr(Reader, "content", content)
    assert export(tmp_path / "to") == 2
    assert not index(tmp_path / "to")["finished"]
    place = tmp_path / "to" / "ada" / "N (nb_1)"
    assert not (place / "large").exists()

    def counted(self: Reader, key: str, start: int) -> Iterator[bytes]:
        read.append((key.rpartition("/")[2], start))
        return real(self, key, start)

    read.clear()
    monkeypatch.setattr(Reader, "content", counted)
    assert export(tmp_path / "to") == 0

    assert exported(place) == {"large": large, "small": b"small"}
    assert (hashlib.sha256(large).hexdigest(), 2 * 1024 * 1024) in read

    read.clear()
    (place / "small").write_bytes(b"SMALL")  # of the same size
    assert export(tmp_path / "to") == 0
    assert (place / "small").read_bytes() == b"small"
    contents = [key for key, _ in read if key == hashlib.sha256(large).hexdigest()]
    assert contents == []


def test_a_content_lies_where_its_row_says_in_whatever_account(
    stage: Stage, tmp_path: Path
) -> None:
    sha = stage.blob(GRACE, b"a copy", key=f"blobs/{GRACE}/elsewhere.17")
    entry = {"path": "copied", "sha256": sha, "size": 6, "owner": GRACE}
    stage.snapshot(stage.notebook(1, ADA, "Duplicate"), 1, [entry])

    assert export(tmp_path / "to") == 0

    assert exported(tmp_path / "to" / "ada" / "Duplicate (nb_1)") == {"copied": b"a copy"}


def test_what_code_before_versions_left_is_exported_too(stage: Stage, tmp_path: Path) -> None:
    entry = {"path": "a", "sha256": stage.blob(ADA, b"old"), "size": 3}
    document = json.dumps({"version": 1, "entries": [entry]})
    key = f"manifests/{stage.notebook(1, ADA, 'Old')}/snap_1.json"
    stage.s3.put_object(Bucket=BUCKET, Key=key, Body=document)
    stage.row("snapshots", notebook_id="nb_1", seq=1, manifest_key=key)

    assert export(tmp_path / "to") == 0

    assert exported(tmp_path / "to" / "ada" / "Old (nb_1)") == {"a": b"old"}


def test_one_persons_notebooks_are_exported(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.save(stage.notebook(1, ADA, "Hers"), ADA, {"a": b"a"})
    stage.save(stage.notebook(2, GRACE, "Not hers"), GRACE, {"a": b"a"})

    assert export(tmp_path / "to", "--account", "Ada") == 0
    assert [path.name for path in (tmp_path / "to").iterdir() if path.is_dir()] == ["ada"]
    assert capsys.readouterr().out.splitlines()[-1].startswith("1 notebook in ")

    assert export(tmp_path / "other", "--account", "nobody") == 2
    assert "ada, grace" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_a_stage_that_is_not_there_says_so(
    aws: LocalCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    credentials = aws.endpoint["credentials"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint["aws_endpoint_url"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", credentials["access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", credentials["secret_access_key"])

    assert export(tmp_path / "to") == 2

    assert "the stage local can't be read" in capsys.readouterr().err
    assert not (tmp_path / "to").exists()
