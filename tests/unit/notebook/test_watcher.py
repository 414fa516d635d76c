"""Changes of the workspace are noticed, whatever its files are called."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import eventually
from tests.unit.notebook.parts import BIN

PROGRAM = """
import sys
from pathlib import Path
from ramon_notebook.workspace.ignore import IgnoreRules
from ramon_notebook.workspace.watcher import Watcher

root = Path(sys.argv[1])
watcher = Watcher(root, IgnoreRules(root), lambda paths: print(*paths, sep="\\n", flush=True))
watcher.start()
sys.stdin.read()
watcher.stop()
"""


SOMEWHERE = ""
"""Told where it is not known what changed: all is scanned."""


@pytest.fixture
def noticed(tmp_path: Path) -> Iterator[Path]:
    """The file with the names of what a watcher noticed: it runs where notebooks do."""
    (tmp_path / "root").mkdir()
    output = tmp_path / "noticed"
    with (
        output.open("w") as file,
        subprocess.Popen(
            [BIN / "python", "-c", PROGRAM, tmp_path / "root"], stdin=subprocess.PIPE, stdout=file
        ) as process,
    ):
        yield output
        process.communicate()


def sees(noticed: Path, *told: str) -> None:
    """A file is seen when it is written, sooner or later, told as one of these."""
    before = len(noticed.read_text().splitlines())

    def written() -> bool:
        (noticed.parent / "root" / told[0]).write_text("x")
        return any(line in told for line in noticed.read_text().splitlines()[before:])

    eventually(written)


@pytest.mark.parametrize("name", [b"Jos\xe9.csv", b"d\xff/", b"half \xed\xa0\x80"])
def test_a_name_that_is_not_utf_8_does_not_end_the_watching(noticed: Path, name: bytes) -> None:
    sees(noticed, "before")
    path = noticed.parent / "root" / os.fsdecode(name)
    if name.endswith(b"/"):
        path.mkdir()
    else:
        path.touch()
    sees(noticed, "while it is there", SOMEWHERE)
    path.rename(path.with_name("fine"))
    sees(noticed, "after it")
