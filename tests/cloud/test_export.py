"""What was saved in a notebook is in its export; a deployment says which state it has."""

import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

from localcloud.testing import LocalCloud
from ops.state import version
from ops.state.version import ROOT
from tests.jupyter import Kernel
from tests.people import Person

WORK = r"""
import os, pathlib, random
made = random.Random(7)
for path, size in {
    "data/big.bin": 3_000_001, "data/deep/er/x": 17, "empty": 0, "two\nlines": 5,
    "données/数据 😀.csv": 40, "-rf": 3, 'quo"te\\back': 9,
}.items():
    file = pathlib.Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(made.randbytes(size))
os.chmod("data/deep/er/x", 0o755)
os.symlink("data/big.bin", "alias")
os.mkdir("nothing in it")
"""

SEEN = r"""
import hashlib, json, os, pathlib
print(json.dumps({
    str(path): hashlib.sha256(path.read_bytes()).hexdigest()
    for path in pathlib.Path(".").rglob("*")
    if path.is_file() and not path.is_symlink() and not str(path).startswith(".")
}))
"""

LOOKED_AT = "Kept.ipynb"
"""The notebook in which this runs changes with each cell, so that its bytes are compared apart."""


def test_an_export_has_every_byte_that_was_saved(
    cloud: LocalCloud, ada: Person, tmp_path: Path
) -> None:
    notebook = ada.create("Kept")
    notebook.start()
    visit = notebook.enter()
    kernel = Kernel.of_file(visit, LOOKED_AT)
    kernel.run(WORK)
    seen = dict(json.loads(kernel.run(SEEN)))
    notebook.stop()

    done = subprocess.run(
        [sys.executable, "-m", "ops.export", "--stage", "local", "--to", str(tmp_path / "to")],
        cwd=ROOT,
        env=os.environ | {"STATE_DIR": str(cloud.state_dir), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    place = tmp_path / "to" / "ada" / f"Kept ({notebook.id})"
    seen.pop(LOOKED_AT, None)
    assert len(seen) == 7
    assert {path: _sha256(place / path) for path in seen} == seen
    assert json.loads((place / LOOKED_AT).read_bytes())["nbformat"] == 4
    assert stat.S_IMODE((place / "data/deep/er/x").stat().st_mode) == 0o755
    assert (place / "alias").readlink() == Path("data/big.bin")
    assert (place / "nothing in it").is_dir()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_stack_and_the_state_directory_say_which_state_is_in_them(cloud: LocalCloud) -> None:
    [stack] = cloud.client("cloudformation").describe_stacks(StackName="ramon-local")["Stacks"]
    mark = json.loads((cloud.state_dir / "state.json").read_text())["records"]

    there = version.from_tags({tag["Key"]: tag["Value"] for tag in stack["Tags"]})

    assert there is not None
    assert (there.version, there.shapes) == (version.needed().version, version.needed().shapes)
    assert (mark["version"], mark["shapes"], mark["commit"], mark["upgraded_from"]) == (
        there.version,
        there.shapes,
        there.commit,
        None,
    )
