"""What is exported is what was saved, byte for byte; what can't be read is said."""

import fcntl
import hashlib
import json
import os
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from localcloud.testing import LocalCloud
from ops.cloud import Cloud
from ops.export import folder, names
from ops.export.__main__ import main
from ops.export.reader import Reader

TABLES = {
    "accounts": ("id", None),
    "notebooks": ("id", None),
    "snapshots": ("notebook_id", "seq"),
    "blobs": ("account_id", "sha256"),
}
BUCKET = "ramon-local-000000000000-blobs"
ADA, GRACE = "acc_ada", "acc_grace"
Files = dict[str, bytes]


class Stage:
    """The tables and the bucket of the stage `local`, and nothing else of it."""

    def __init__(self, cloud: Cloud) -> None:
        self.dynamodb = cloud.client("dynamodb")
        self.s3 = cloud.client("s3")

    def make(self) -> None:
        for entity, (key, sort) in TABLES.items():
            keys = [(key, "HASH")] + ([(sort, "RANGE")] if sort else [])
            self.dynamodb.create_table(
                TableName=f"ramon-local-{entity}",
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "N" if name == "seq" else "S"}
                    for name, _ in keys
                ],
                KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            )
        self.s3.create_bucket(Bucket=BUCKET)
        self.row("accounts", id=ADA, login="ada")
        self.row("accounts", id=GRACE, login="grace")

    def drop(self) -> None:
        for entity in TABLES:
            self.dynamodb.delete_table(TableName=f"ramon-local-{entity}")
        for found in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            self.s3.delete_object(Bucket=BUCKET, Key=found["Key"])
        self.s3.delete_bucket(Bucket=BUCKET)

    def row(self, entity: str, **values: str | int) -> None:
        item = {k: {"S": v} if isinstance(v, str) else {"N": str(v)} for k, v in values.items()}
        self.dynamodb.put_item(TableName=f"ramon-local-{entity}", Item=item)

    def notebook(self, number: int, account: str, name: str, **more: str | int) -> str:
        more = {"saved_at": 1_700_000_000_000, "state": "stopped", **more}
        self.row("notebooks", id=f"nb_{number}", account_id=account, name=name, **more)
        return f"nb_{number}"

    def blob(self, account: str, content: bytes, key: str | None = None) -> str:
        sha = hashlib.sha256(content).hexdigest()
        key = key or f"blobs/{account}/{sha}"
        self.row("blobs", account_id=account, sha256=sha, key=key, size=len(content))
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        return sha

    def snapshot(self, notebook: str, seq: int, entries: list[dict[str, Any]]) -> str:
        document = json.dumps({"version": 2, "entries": entries}).encode()
        name = hashlib.sha256(document).hexdigest()
        self.s3.put_object(Bucket=BUCKET, Key=f"manifests/{name}", Body=zlib.compress(document))
        self.row("snapshots", notebook_id=notebook, seq=seq, manifest=name)
        return name

    def save(self, notebook: str, account: str, files: Files, seq: int = 1) -> str:
        return self.snapshot(notebook, seq, [self.file(account, *each) for each in files.items()])

    def file(self, account: str, path: str, content: bytes, **more: Any) -> dict[str, Any]:
        sha = self.blob(account, content)
        return {"path": path, "sha256": sha, "size": len(content), "owner": account, **more}


class SameClients(Cloud):
    """A cloud whose clients are made once for all tests here."""

    def __init__(self, aws: LocalCloud) -> None:
        super().__init__(boto3.Session(region_name="us-east-1"), None, None)
        self._aws = aws
        self._made: dict[str, Any] = {}

    def client(self, service: str, config: Config | None = None) -> Any:
        """The client of `service`."""
        if service not in self._made:
            self._made[service] = self._aws.client(service)
        return self._made[service]


@pytest.fixture(scope="module")
def cloud(aws: LocalCloud) -> Cloud:
    return SameClients(aws)


@pytest.fixture
def stage(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr("ops.export.__main__._cloud", lambda _: cloud)
    made = Stage(cloud)
    made.make()
    yield made
    made.drop()


def _export(to: Path, *more: str) -> int:
    return main(["--stage", "local", "--to", str(to), *more])


def _exported(place: Path) -> Files:
    """Every file below a folder, links not followed."""
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def _index(to: Path) -> dict[str, Any]:
    return dict(json.loads((to / "index.json").read_text()))


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

    assert _export(tmp_path / "to") == 0

    to = tmp_path / "to"
    assert _exported(to / "ada" / "Random walks (nb_1)") == ODD
    assert _exported(to / "grace" / "Mine (nb_2)") == {"a": b"of grace"}
    index = _index(to)
    assert index["finished"]
    assert [each["name"] for each in index["notebooks"]] == ["Random walks", "Mine", "Never saved"]
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

    assert _export(tmp_path / "to") == 0
    assert _export(tmp_path / "to") == 0  # and once more over it

    place = tmp_path / "to" / "ada" / "Tools (nb_1)"
    program = (place / "run.sh").stat()
    assert stat.S_IMODE(program.st_mode) == 0o755
    assert program.st_mtime_ns == 1_600_000_000_123_000_000
    assert (place / "bin").is_dir()
    assert (place / "alias").readlink() == Path("run.sh")
    assert (place / "sub" / "up").read_bytes() == b"#!/bin/sh"


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

    assert _export(tmp_path / "to") == 1

    [notebook] = _index(tmp_path / "to")["notebooks"]
    assert notebook["folder"] == "ada/_.._up__b_name (nb_1)"
    assert {each["path"] for each in notebook["files"] if "problem" not in each} == {
        "door/inside",
        "good",
    }
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))
    assert list(outside.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"outside", "to"}


def test_a_link_of_ones_own_in_the_place_of_a_folder_is_not_followed(
    stage: Stage, tmp_path: Path
) -> None:
    stage.save(stage.notebook(1, ADA, "N"), ADA, {"sub/a": b"a", "b": b"b"})
    place, outside = tmp_path / "to" / "ada" / "N (nb_1)", tmp_path / "outside"
    assert _export(tmp_path / "to") == 0
    (place / "sub" / "a").unlink()
    (place / "sub").rmdir()
    outside.mkdir()
    (place / "sub").symlink_to(outside)

    assert _export(tmp_path / "to") == 1

    assert list(outside.iterdir()) == []


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

    assert _export(tmp_path / "to") == 1

    place = tmp_path / "to" / "ada"
    assert _exported(place / "Broken (nb_1)") == {"good": b"good"}
    assert _exported(place / "Whole (nb_4)") == {"a": b"whole"}
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
    assert _export(tmp_path / "to") == 2
    assert not _index(tmp_path / "to")["finished"]
    place = tmp_path / "to" / "ada" / "N (nb_1)"
    assert not (place / "large").exists()

    def counted(self: Reader, key: str, start: int) -> Iterator[bytes]:
        read.append((key.rpartition("/")[2], start))
        return real(self, key, start)

    read.clear()
    monkeypatch.setattr(Reader, "content", counted)
    assert _export(tmp_path / "to") == 0

    assert _exported(place) == {"large": large, "small": b"small"}
    assert (hashlib.sha256(large).hexdigest(), 2 * 1024 * 1024) in read

    read.clear()
    (place / "small").write_bytes(b"SMALL")  # of the same size
    assert _export(tmp_path / "to") == 0
    assert (place / "small").read_bytes() == b"small"
    contents = [key for key, _ in read if key == hashlib.sha256(large).hexdigest()]
    assert contents == []


def test_a_content_lies_where_its_row_says_in_whatever_account(
    stage: Stage, tmp_path: Path
) -> None:
    sha = stage.blob(GRACE, b"a copy", key=f"blobs/{GRACE}/elsewhere.17")
    entry = {"path": "copied", "sha256": sha, "size": 6, "owner": GRACE}
    stage.snapshot(stage.notebook(1, ADA, "Duplicate"), 1, [entry])

    assert _export(tmp_path / "to") == 0

    assert _exported(tmp_path / "to" / "ada" / "Duplicate (nb_1)") == {"copied": b"a copy"}


def test_what_code_before_versions_left_is_exported_too(stage: Stage, tmp_path: Path) -> None:
    entry = {"path": "a", "sha256": stage.blob(ADA, b"old"), "size": 3}
    document = json.dumps({"version": 1, "entries": [entry]})
    key = f"manifests/{stage.notebook(1, ADA, 'Old')}/snap_1.json"
    stage.s3.put_object(Bucket=BUCKET, Key=key, Body=document)
    stage.row("snapshots", notebook_id="nb_1", seq=1, manifest_key=key)

    assert _export(tmp_path / "to") == 0

    assert _exported(tmp_path / "to" / "ada" / "Old (nb_1)") == {"a": b"old"}


def test_one_persons_notebooks_are_exported(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.save(stage.notebook(1, ADA, "Hers"), ADA, {"a": b"a"})
    stage.save(stage.notebook(2, GRACE, "Not hers"), GRACE, {"a": b"a"})

    assert _export(tmp_path / "to", "--account", "Ada") == 0
    assert {path.name for path in (tmp_path / "to").iterdir() if path.is_dir()} == {
        ".unfinished",
        "ada",
    }

    assert _export(tmp_path / "other", "--account", "nobody") == 2
    assert "ada, grace" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_a_folder_with_other_things_is_left_alone(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")

    assert _export(tmp_path) == 2
    assert _export(tmp_path / "thesis.tex") == 2

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_two_exports_do_not_write_into_one_folder(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)

    assert _export(tmp_path) == 2

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

    assert _export(tmp_path / "to") == 2

    assert "The disk takes no more: No space left on device." in capsys.readouterr().err
    assert not _index(tmp_path / "to")["finished"]


def test_a_disk_that_takes_two_names_for_one_keeps_the_first(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "to" / "ada" / "N (nb_1)"
    stage.save(stage.notebook(1, ADA, "N"), ADA, {"Data": b"first"})
    assert _export(tmp_path / "to") == 0
    os.link(place / "Data", place / "data")  # as such a disk shows it
    monkeypatch.setattr(folder, "_listed", lambda _: ["Data"])
    monkeypatch.setattr("ops.export.export._AT_ONCE", 1)
    stage.save("nb_1", ADA, {"Data": b"first", "data": b"second"}, seq=2)

    assert _export(tmp_path / "to") == 1

    assert (place / "Data").read_bytes() == b"first"
    assert (place / "data").read_bytes() == b"first"


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

    assert _export(tmp_path / "to") == 2

    assert "the stage local can't be read" in capsys.readouterr().err
    assert not (tmp_path / "to").exists()


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
