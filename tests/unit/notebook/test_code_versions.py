"""Versions of the same modules, side by side in one process, which is a process of its own here."""

import json
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from ramon_notebook.environment.modules import Code, modules_of
from ramon_notebook.environment.versions import first_packages, unpack
from ramon_notebook.workspace.ignore import IgnoreRules
from tests.unit.notebook.parts import BIN

PRELUDE = """
import sys, json, threading
from pathlib import Path
from ramon_notebook.environment.versions import Versions
versions = Versions(Path(sys.argv[1], "versions"))
one, two = (versions.add(Path(sys.argv[1], name).read_bytes()) for name in ("one", "two"))
versions.put_in_place(one)
"""


def ran(folder: Path, code: str) -> object:
    """What code printed as JSON, in a process that has two versions, "one" in place."""
    done = subprocess.run(
        [BIN / "python", "-P", "-c", PRELUDE + code, folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of a workspace, packed as "one" and "two"."""
    made = tmp_path_factory.mktemp("packed")
    for name in ("one", "two"):
        work = made / f"work-{name}"
        for path, text in {
            "sub/sim.py": f"import helper\nNAME = {name!r}\ndef pair(): return NAME, helper.NAME\n"
            "def late():\n    import lazy\n    return NAME, lazy.NAME\n",
            "sub/helper.py": f"NAME = {name!r}\n",
            "sub/lazy.py": f"NAME = {name!r}\n",
            "sub/queue.py": "raise ImportError",
            "sub/cloudpickle.py": f"NAME = {name!r}\n",
            "psutil.py": "raise ImportError",
            "rest.py": "",
        }.items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_text(text)
        code = Code.read(modules_of(work, IgnoreRules(work)), ["sub"], [""])
        (made / name).write_bytes(code.packed())
    return made


def test_each_call_is_of_one_version_whatever_others_do_meanwhile(folder: Path) -> None:
    code = """
versions.put_in_place(two)
wrong = []
def work(version, name):
    for _ in range(150):
        with versions.loading(version):
            import sim
        with versions.running(version):
            for function in (sim.pair, sim.late):
                if function() != (name, name):
                    wrong.append((name, function()))
            import importlib
            if importlib.import_module("lazy").NAME != name:
                wrong.append((name, "by name"))
threads = [threading.Thread(target=work, args=each) for each in ((one, "one"), (two, "two")) * 2]
for thread in threads: thread.start()
for thread in threads: thread.join()
import sim
print(json.dumps([wrong, sim.pair()]))
"""
    assert ran(folder, code) == [[], ["two", "two"]]


def test_a_task_may_come_before_the_newest_version_is_in_place(folder: Path) -> None:
    code = """
fresh = Versions(versions.files("").parent)  # as a worker that was started again has them
with fresh.loading(one):
    import sim
before = sim.pair()
fresh.put_in_place(two)
import sim
print(json.dumps([before, sim.pair()]))
"""
    assert ran(folder, code) == [["one", "one"], ["two", "two"]]


def test_the_notebooks_folder_is_behind_pythons_own_modules_and_before_packages(
    folder: Path,
) -> None:
    code = """
import queue, rest, cloudpickle, psutil
print(json.dumps([hasattr(queue, "Queue"), cloudpickle.NAME, hasattr(psutil, "Process")]))
"""
    assert ran(folder, code) == [True, "one", True]
    assert first_packages(["/lib/python3.11", "/x/site-packages", "/y/dist-packages"]) == 1
    assert first_packages(["/lib"]) == 1


@pytest.mark.parametrize("where", ["work/../../out.py", "work//etc/out.py"])
def test_a_member_that_leads_elsewhere_is_refused(tmp_path: Path, where: str) -> None:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr("modules.json", json.dumps({"links": {}}))
        members.writestr(where, "x")
    with pytest.raises(ValueError, match="leads out"):
        unpack(archive.getvalue(), tmp_path / "into")


def test_a_link_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr("modules.json", json.dumps({"links": {"geo": "../../etc"}}))
    with pytest.raises(ValueError, match="leads out"):
        unpack(archive.getvalue(), tmp_path / "into")
