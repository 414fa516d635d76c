"""What a notebook added to its image, told apart from it and given to workers."""

import io
import json
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from ramon_notebook.environment import modules
from ramon_notebook.environment.capture import Environment, capture
from ramon_notebook.environment.overlay import Overlay
from ramon_notebook.errors import Refused


@pytest.fixture
def overlay(tmp_path: Path) -> Overlay:
    """An overlay with nothing in it yet; no interpreter is needed to look at one."""
    made = Overlay(tmp_path / "env")
    made.packages.mkdir(parents=True)
    return made


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    return made


def install(overlay: Overlay, name: str, number: str, origin: Any = None, **files: str) -> None:
    """What an installer leaves behind, near enough."""
    folder = overlay.packages / f"{name}-{number}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n")
    if origin:
        (folder / "direct_url.json").write_text(json.dumps(origin))
    for file, text in files.items():
        (overlay.packages / file).write_text(text)
    record = [f"{path},," for path in [*files, f"{folder.name}/METADATA", "../../../bin/tool"]]
    (folder / "RECORD").write_text("\n".join(record) + "\n")


def members(environment: Environment) -> dict[str, bytes]:
    """What is in the zip of modules."""
    with zipfile.ZipFile(io.BytesIO(environment.modules)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def paths(environment: Environment) -> Any:
    """The folders that are to be on sys.path, before and behind what is installed."""
    settings = json.loads(members(environment)["modules.json"])
    return settings["near"], settings["far"]


def test_nothing_added_is_nothing_to_send(overlay: Overlay, workspace: Path) -> None:
    (workspace / "data.csv").write_text("1,2")
    (workspace / "a.ipynb").write_text("{}")
    found = capture(overlay, workspace).to_json()
    assert (found["lock"], found["modules"]) == (None, None)


def test_packages_are_pinned_where_they_came_from(overlay: Overlay, workspace: Path) -> None:
    install(overlay, "Sea_Born", "0.13.2")
    install(overlay, "from-git", "1.0", {
        "url": "https://example.org/a/b.git",
        "vcs_info": {"vcs": "git", "commit_id": "0123abc"},
        "subdirectory": "python",
    })  # fmt: skip
    install(overlay, "from-url", "2.0", {
        "url": "https://example.org/from_url-2.0-py3-none-any.whl",
        "archive_info": {"hashes": {"sha256": "ab12"}},
    })  # fmt: skip
    assert capture(overlay, workspace).lock.decode().splitlines() == [
        "from-git @ git+https://example.org/a/b.git@0123abc#subdirectory=python",
        "from-url @ https://example.org/from_url-2.0-py3-none-any.whl#sha256=ab12",
        "sea-born==0.13.2",
    ]


def test_a_package_from_the_disk_goes_along_as_files(overlay: Overlay, workspace: Path) -> None:
    origin = {"url": "file:///home/ramon/wheels/mine-1-py3-none-any.whl", "archive_info": {}}
    install(overlay, "mine", "1", origin, **{"mine.py": "answer = 42\n"})
    found = capture(overlay, workspace)
    assert found.lock == b""
    assert set(members(found)) == {"modules.json", "site/mine.py", "site/mine-1.dist-info/METADATA"}


def test_an_editable_package_of_the_workspace_is_found_there(
    overlay: Overlay, workspace: Path
) -> None:
    source = workspace / "mine" / "src"
    source.mkdir(parents=True)
    (source / "mine.py").write_text("answer = 42\n")
    origin = {"url": (workspace / "mine").as_uri(), "dir_info": {"editable": True}}
    install(overlay, "mine", "1", origin, **{"mine.pth": f"{source}\n"})
    found = capture(overlay, workspace)
    assert paths(found) == ([], ["mine/src", ""])
    assert set(members(found)) == {"modules.json", "work/mine/src/mine.py"}


def test_an_editable_package_elsewhere_is_named_with_what_to_do(
    overlay: Overlay, workspace: Path, tmp_path: Path
) -> None:
    origin = {"url": (tmp_path / "elsewhere").as_uri(), "dir_info": {"editable": True}}
    install(overlay, "mine", "1", origin)
    with pytest.raises(Refused, match=r"mine is installed from .*elsewhere.*into the workspace"):
        capture(overlay, workspace)


def test_modules_and_packages_are_packed_and_data_is_not(overlay: Overlay, workspace: Path) -> None:
    for path in (
        *("sim.py", "data.csv", "big/table.parquet", "lib/__init__.py", "lib/deep/more.py"),
        *("lib/settings.json", ".venv/lib/x.py", "node_modules/x.py", ".hidden/y.py", "no.py"),
        *("scripts/tool.py", "scripts/data.json"),
    ):
        file = workspace / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)
    (workspace / "lib/weights.bin").write_bytes(b"x" * (modules.MOST_PACKAGE_FILE + 1))
    (workspace / ".ramonignore").write_text("no.py\n")
    found = capture(overlay, workspace, str(workspace / "scripts"))
    assert set(members(found)) == {
        *("modules.json", "work/sim.py", "work/lib/__init__.py", "work/lib/deep/more.py"),
        *("work/lib/settings.json", "work/scripts/tool.py"),
    }
    assert paths(found) == (["scripts"], [""])


def test_the_same_files_make_the_same_bytes(overlay: Overlay, workspace: Path) -> None:
    (workspace / "b.py").write_text("b")
    (workspace / "a.py").write_text("a")
    first = capture(overlay, workspace)
    (workspace / "a.py").unlink()
    (workspace / "a.py").write_text("a")
    (workspace / "a.py").chmod(0o755)
    assert capture(overlay, workspace).to_json() == first.to_json()


def test_modules_too_large_for_workers_are_refused_with_advice(
    overlay: Overlay, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramon_notebook.environment.source.MOST_BYTES", 10)
    (workspace / "a.py").write_text("x" * 11)
    with pytest.raises(Refused, match=r"\.ramonignore"):
        capture(overlay, workspace)


def test_packages_that_differ_from_the_workers_are_said_in_words(
    overlay: Overlay, workspace: Path
) -> None:
    install(overlay, "seaborn-like", "0.13")
    install(overlay, "upgraded", "1.0")
    sent = capture(overlay, workspace)
    assert capture(overlay, workspace).changes_since(sent) == []
    (overlay.packages / "upgraded-1.0.dist-info/METADATA").write_text("Name: upgraded\nVersion: 2")
    (overlay.packages / "upgraded-1.0.dist-info").rename(overlay.packages / "upgraded-2.dist-info")
    install(overlay, "added-later", "3.1")
    install(overlay, "pytest", "1.0")  # the "image" of this process has another one
    assert capture(overlay, workspace).changes_since(sent) == [
        "added-later 3.1 is here, not on the workers",
        f"pytest 1.0 here, {version('pytest')} on the workers",
        "upgraded 2 here, 1.0 on the workers",
    ]
