"""What was installed in a notebook is there after a stop and a start, or it is said what is not."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ramon_notebook.environment import kept, restoring
from ramon_notebook.environment.kept import LIST, WHEELS, Kept
from ramon_notebook.environment.overlay import Overlay
from ramon_notebook.environment.restoring import PackageKeeper, Progress
from ramon_notebook.environment.waiting import STATE, FailedFinder, WaitingFinder
from tests.support import eventually
from tests.unit.notebook.conftest import Start
from tests.unit.notebook.fake_batch import outside
from tests.unit.notebook.fake_service import FakeService

SMALL = "cowsay==6.1"


def a_wheel(folder: Path, name: str, version: str = "1.0") -> Path:
    """A wheel of one module that knows its version."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    rows = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in (files | {f"{info}/RECORD": rows}).items():
            archive.writestr(file, content)
    return path


@pytest.fixture
def overlay(tmp_path: Path) -> Overlay:
    """An overlay as an installer sees it: a folder of packages."""
    made = Overlay(tmp_path / "state" / "env")
    made.packages.mkdir(parents=True)
    return made


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def install(overlay: Overlay, wheel: Path) -> None:
    """What an installer does with a wheel that lies on this machine's disk."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(overlay.packages)
        (info,) = {name.partition("/")[0] for name in archive.namelist() if "dist-info/" in name}
    origin = json.dumps({"url": wheel.as_uri(), "archive_info": {}})
    (overlay.packages / info / "direct_url.json").write_text(origin)
    record = overlay.packages / info / "RECORD"
    record.write_text(f"{record.read_text()}{info}/direct_url.json,,\n")


def installed(overlay: Overlay, name: str) -> None:
    """A package that came from an index."""
    info = overlay.packages / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "RECORD").write_text(f"{name}.py,,\n{name}-1.0.dist-info/METADATA,,\n")


def test_the_list_names_each_package_and_how_it_is_imported(
    overlay: Overlay, workspace: Path, tmp_path: Path
) -> None:
    installed(overlay, "fromindex")
    install(overlay, a_wheel(workspace / "dist", "mine"))
    install(overlay, a_wheel(tmp_path / "downloads", "elsewhere"))
    kept.write(workspace, kept.found(overlay, workspace))
    assert kept.read(workspace) == [
        Kept(f"./{WHEELS}/elsewhere-1.0-py3-none-any.whl", ("elsewhere",)),
        Kept("./dist/mine-1.0-py3-none-any.whl", ("mine",)),
        Kept("fromindex==1.0", ("fromindex",)),
    ]


@pytest.mark.parametrize(
    ("told", "requirement"),
    [
        ({"dir_info": {"editable": True}}, "-e ./mine"),
        ({"dir_info": {}}, "./mine"),
        (
            {"vcs_info": {"vcs": "git", "commit_id": "a" * 40}},
            f"mine @ git+file://{{workspace}}/mine@{'a' * 40}",
        ),
    ],
)
def test_what_lies_in_the_workspace_is_installed_again_from_there(
    overlay: Overlay, workspace: Path, told: dict[str, object], requirement: str
) -> None:
    """As it was: editable, built from the folder, or at the commit of a repository."""
    installed(overlay, "mine")
    origin = {"url": (workspace / "mine").as_uri(), **told}
    (overlay.packages / "mine-1.0.dist-info/direct_url.json").write_text(json.dumps(origin))
    (kept_package,) = kept.found(overlay, workspace)
    assert kept_package.requirement == requirement.format(workspace=workspace)


def test_a_revision_from_a_repository_that_is_not_kept_is_kept_as_a_wheel(
    overlay: Overlay, workspace: Path, tmp_path: Path
) -> None:
    install(overlay, a_wheel(tmp_path / "downloads", "cloned"))
    vcs = {"vcs": "git", "commit_id": "a" * 40}
    origin = {"url": (tmp_path / "clone").as_uri(), "vcs_info": vcs}
    (overlay.packages / "cloned-1.0.dist-info/direct_url.json").write_text(json.dumps(origin))
    (kept_package,) = kept.found(overlay, workspace)
    assert kept_package.requirement == f"./{WHEELS}/cloned-1.0-py3-none-any.whl"
    assert (workspace / kept_package.requirement).exists()


def test_the_list_knows_what_brings_parts_of_the_page_and_the_page_waits_for_that(
    overlay: Overlay, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(overlay, "plain")
    installed(overlay, "plots")
    record = overlay.packages / "plots-1.0.dist-info" / "RECORD"
    part = "../../../share/jupyter/labextensions/plots/package.json"
    record.write_text(f"{record.read_text()}{part},,\n")
    kept.write(workspace, kept.found(overlay, workspace))
    keeper = PackageKeeper(Overlay(workspace.parent / "another" / "env"), workspace)
    keeper.overlay.packages.mkdir(parents=True)

    keeper.prepare()

    assert len(keeper.progress.waiting) == 2
    assert keeper.parts_of_page == ["plots"]
    monkeypatch.setattr(restoring, "PAGE_SECONDS", -1.0)
    assert keeper.parts_of_page == [], "it does not wait for ever"


def test_jupyterlabs_page_opens_with_the_parts_that_packages_brought(
    service: FakeService, start: Start, tmp_path: Path
) -> None:
    wheel = a_wheel(tmp_path, "shownparts")
    with zipfile.ZipFile(wheel, "a") as archive:
        part = "shownparts-1.0.data/data/share/jupyter/labextensions/shownparts/package.json"
        build = {"_build": {"load": "static/x.js"}}
        about = {"name": "shownparts", "version": "1.0", "jupyterlab": build}
        archive.writestr(part, json.dumps(about))
    service.put_file("dist/shownparts-1.0-py3-none-any.whl", wheel.read_bytes())
    line = Kept("./dist/shownparts-1.0-py3-none-any.whl", ("shownparts",), extends_page=True).line
    service.put_file(LIST, f"{line}\n".encode())
    browser = start().browser()

    def page() -> str | None:
        answer = browser.request("GET", "/lab")
        text = answer.body.decode()
        return None if "Installing your packages" in text else text

    assert '"shownparts"' in (eventually(page) or "")


def test_a_package_from_a_file_that_is_not_kept_is_kept_as_a_wheel_that_installs(
    overlay: Overlay, workspace: Path, tmp_path: Path
) -> None:
    install(overlay, a_wheel(tmp_path / "downloads", "elsewhere"))
    (found,) = kept.found(overlay, workspace)
    target = tmp_path / "target"
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--quiet"]
    command += ["--target", str(target), found.requirement]
    subprocess.run(command, cwd=workspace, check=True)
    assert (target / "elsewhere.py").read_text() == "version = '1.0'\n"


def test_somebodys_own_lines_are_understood(workspace: Path) -> None:
    (workspace / LIST).write_bytes(b"# mine\n\nscikit-learn==1.0\n  # x\ntqdm  # for loops\n\xff\n")
    assert kept.read(workspace)[:2] == [
        Kept("scikit-learn==1.0", ("scikit_learn",)),
        Kept("tqdm", ("tqdm",)),
    ]


def test_what_is_removed_leaves_the_list_and_what_failed_stays(
    overlay: Overlay, workspace: Path
) -> None:
    for name in ("first", "second"):
        installed(overlay, name)
    lost = Kept("lost==1", ("lost",))
    kept.write(workspace, [*kept.found(overlay, workspace), lost])
    keeper = PackageKeeper(overlay, workspace)
    keeper.prepare()
    assert keeper.progress.waiting == (lost,)
    keeper.progress = Progress(failed=((lost, "no such package"),))
    for file in (overlay.packages / "first-1.0.dist-info").iterdir():
        file.unlink()
    (overlay.packages / "first-1.0.dist-info").rmdir()
    keeper.finish()
    assert [each.name for each in kept.read(workspace)] == ["lost", "second"]
    kept.write(workspace, [each for each in kept.read(workspace) if each != lost])
    keeper.finish()
    assert [each.name for each in kept.read(workspace)] == ["second"]
    assert keeper.progress.failed == ()


def test_a_list_that_was_not_read_is_not_replaced(overlay: Overlay, workspace: Path) -> None:
    kept.write(workspace, [Kept("lost==1", ("lost",))])
    PackageKeeper(overlay, workspace).finish()
    assert [each.name for each in kept.read(workspace)] == ["lost"]


def test_an_import_waits_for_what_is_to_come_and_says_what_has_failed(tmp_path: Path) -> None:
    state = tmp_path / STATE
    state.write_text(json.dumps({"failed": {"gone": ["gone==1", "There is no such version."]}}))
    assert WaitingFinder(state).find_spec("gone", None) is None
    finder = FailedFinder(state)
    with pytest.raises(ModuleNotFoundError, match=r"gone==1, which could not .* no such version"):
        finder.find_spec("gone", None)
    assert finder.find_spec("other", None) is None
    assert finder.find_spec("gone", ["a package's folder"]) is None
    state.unlink()
    assert finder.find_spec("gone", None) is None


def test_packages_outlive_a_stop_and_a_failure_says_which(
    service: FakeService, start: Start, tmp_path: Path
) -> None:
    first = start(**outside())
    browser = first.browser()
    kernel_id = browser.open_kernel()
    wheel = a_wheel(tmp_path, "elsewhere")
    project = a_wheel(first.workspace / "dist", "mine")
    assert not browser.run(kernel_id, f"%pip install --quiet {SMALL} {wheel}").error
    assert not browser.run(kernel_id, f"!uv pip install --quiet {project}").error
    assert first.stop() == 0
    wheel.unlink()
    listed = service.content(LIST).decode()
    assert "cowsay==6.1  # imports: cowsay\n" in listed
    service.put_file(LIST, f"{listed}no-such-package-of-ours==1\n".encode())
    service.ready.clear()

    second = start(**outside())
    browser = second.browser()
    kernel_id = browser.open_kernel()
    ran = browser.run(kernel_id, "import cowsay, elsewhere, mine; print(cowsay.__file__)")
    assert (ran.error, "site-packages/cowsay" in ran.text) == (None, True)
    packages = eventually(
        lambda: (told := service.heartbeats[-1]["packages"])["failed"] and told, within=120
    )
    assert packages["waiting"] == 0
    assert [each["requirement"] for each in packages["failed"]] == ["no-such-package-of-ours==1"]
    assert "no-such-package-of-ours" in packages["failed"][0]["reason"]
    assert not browser.run(kernel_id, "%pip uninstall --quiet --yes cowsay").error
    assert second.stop() == 0
    listed = service.content(LIST).decode()
    assert "cowsay" not in listed
    assert {"elsewhere", "mine", "no-such-package-of-ours"} <= set(
        listed.replace("-1.0", " ").replace("/", " ").replace("==", " ").split()
    )
    assert os.environ.get("RAMON_DOES_NOT_WAIT") is None
