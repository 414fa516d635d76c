"""A state directory of other code is refused, and is byte for byte what it was."""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from localcloud import state_version
from localcloud.batch import store as batch
from localcloud.ecs import store as ecs
from localcloud.settings import PROJECT_ROOT
from localcloud.state_version import OtherStateError, StateVersion
from localcloud.stripe import store as stripe
from localcloud.testing import running
from ops.state import version
from ops.state.version import Needed

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def yesterday(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a launcher of this code left."""
    folder = tmp_path_factory.mktemp("yesterday")
    with running(folder):
        pass
    return folder


def _contents(folder: Path) -> dict[str, tuple[int, bytes | None]]:
    """Every file and folder: when it was changed, and what is in it."""
    return {
        path.relative_to(folder).as_posix(): (
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else None,
        )
        for path in sorted(folder.rglob("*"))
    }


def _launch(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "localcloud", "--no-deploy"],
        cwd=PROJECT_ROOT,
        env=os.environ | {"STATE_DIR": str(folder), "PORT": "0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _mark(**records: Any) -> str:
    needed = version.needed()
    said = {"version": needed.version, "shapes": needed.shapes, "commit": COMMIT} | records
    return json.dumps({"stand_in": state_version.STAND_IN, "records": said})


OTHERS = {
    "before states had versions": None,
    "newer code": _mark(version=99),
    "not released when it was written": _mark(shapes="others"),
    "version 99; this code reads": _mark().replace('"stand_in": 1', '"stand_in": 99'),
    "can't be read": "{",
}


@pytest.mark.parametrize("why", OTHERS)
def test_a_directory_of_other_code_is_refused_and_stays_as_it_was(
    yesterday: Path, why: str
) -> None:
    mark, text = yesterday / "state.json", OTHERS[why]
    mark.unlink(missing_ok=True)
    if text is not None:
        mark.write_text(text)
    before = _contents(yesterday)

    refused = _launch(yesterday)

    assert refused.returncode == 1
    assert why in refused.stderr
    assert f"STATE_DIR={yesterday} .venv/bin/python -m ops.export" in refused.stderr
    assert f"mv {yesterday} {yesterday}-before" in refused.stderr
    assert "Nothing in it was changed." in refused.stderr
    assert "Traceback" not in refused.stderr
    assert _contents(yesterday) == before


def test_who_wrote_a_directory_is_named_by_the_commit(tmp_path: Path) -> None:
    (tmp_path / "aws").mkdir()
    (tmp_path / "state.json").write_text(_mark(version=99, commit=f"{COMMIT} with changes"))

    with pytest.raises(OtherStateError, match=f"git worktree add ../ramon-before {COMMIT}\n"):
        StateVersion(tmp_path).check()


def test_a_directory_of_this_code_is_found_again(tmp_path: Path) -> None:
    StateVersion(tmp_path).begin()
    (tmp_path / "aws").mkdir()

    StateVersion(tmp_path).check()
    StateVersion(tmp_path).begin()

    records = json.loads((tmp_path / "state.json").read_text())["records"]
    assert records["shapes"] == version.needed().shapes


def test_while_an_upgrade_is_under_way_the_directory_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_version, "UPGRADES", {1: "made up"})
    (tmp_path / "aws").mkdir()
    (tmp_path / "state.json").write_text(_mark(version=1, shapes="as released"))
    second = Needed(2, {1: "as released"}, {}, {"table": "new"})
    mine = StateVersion(tmp_path, second)

    mine.begin()
    assert _records(tmp_path) == (2, 1)
    StateVersion(tmp_path, second).begin()  # the first one was killed
    assert _records(tmp_path) == (2, 1)
    with pytest.raises(OtherStateError, match="newer code"):
        StateVersion(tmp_path, Needed(1, {1: "as released"}, {}, {})).check()

    mine.finish()
    assert _records(tmp_path) == (2, None)


def _records(folder: Path) -> tuple[int, int | None]:
    said = json.loads((folder / "state.json").read_text())["records"]
    return said["version"], said["upgraded_from"]


def test_the_stand_ins_own_files_have_the_shapes_of_their_version() -> None:
    kinds = [
        [field.name for record in (ecs.Task, batch.Job) for field in dataclasses.fields(record)],
        [ecs.Store.KINDS, batch.Store.KINDS],
        stripe.SCHEMA,
    ]
    shapes = hashlib.sha256(json.dumps(kinds).encode()).hexdigest()[:16]

    assert shapes == state_version.SHAPES, (
        "Files of the stand-in have another shape. If this code reads the earlier ones, write this "
        "into SHAPES in localcloud/state_version.py; if not, raise STAND_IN there as well."
    )


def _used(folder: Path) -> Path:
    """A directory as a launcher of this code leaves it; gives the file of the AWS part."""
    StateVersion(folder).begin()
    (folder / "aws").mkdir()
    file = folder / "aws" / "state.jsonl"
    file.write_text('["s3", {"buckets": {"a": 1}}]\n["sqs", {"queues": {}}]\n')
    StateVersion(folder).check()
    return file


DAMAGES = {
    "halved": b'["s3", {"buckets": {"a": 1}}]\n["sqs", {"que',
    "without its last line's end": b'["s3", {}]\n["sqs", {}]',
    "empty": b"",
    "zeros": b"\0" * 100,
    "not UTF-8": b'["s3", {"a": "\xff"}]\n',
    "something else": b"{}\n",
    "a folder": None,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_of_the_aws_part_is_told_with_what_to_do(
    tmp_path: Path, damage: str
) -> None:
    file = _used(tmp_path)
    _damage(file, DAMAGES[damage])

    with pytest.raises(OtherStateError, match=r"state\.jsonl") as refused:
        StateVersion(tmp_path).begin()

    assert f"mv {tmp_path} {tmp_path}-before" in str(refused.value)
    assert "Nothing in it was changed." in str(refused.value)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_mark_is_told_with_what_to_do(tmp_path: Path, damage: str) -> None:
    _used(tmp_path)
    _damage(tmp_path / "state.json", DAMAGES[damage])

    with pytest.raises(OtherStateError, match=r"state\.json in it can't be read") as refused:
        StateVersion(tmp_path).check()

    assert f"mv {tmp_path} {tmp_path}-before" in str(refused.value)


def _damage(file: Path, content: bytes | None) -> None:
    file.unlink()
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
