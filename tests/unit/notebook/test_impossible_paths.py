"""A path that can't be: JupyterLab is told what is wrong with it, and nothing changes."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.notebook.parts import Browser, notebook_json

FILE = {"type": "file", "format": "text", "content": "new"}
FOLDER = {"type": "directory"}
NOTEBOOK = {
    "type": "notebook",
    "format": "json",
    "content": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5},
}
LONG = "x" * 300


@pytest.fixture
def folder(workspace: Path) -> Path:
    """Has files, folders and links that are not what their names say."""
    folder = workspace / "impossible"
    if not folder.exists():
        (folder / "folder.ipynb").mkdir(parents=True)
        (folder / "file.ipynb").write_bytes(notebook_json("1"))
        (folder / "dangling").symlink_to("nowhere")
        (folder / "deep-dangling.txt").symlink_to("no/where/at.txt")
        (folder / "circle").symlink_to("circle")
    return folder


IMPOSSIBLE: list[tuple[str, str, Any]] = [
    *(("PUT", "file.ipynb/x.txt", model) for model in (FILE, FOLDER, NOTEBOOK)),
    ("POST", "file.ipynb", {"type": "file"}),
    ("POST", "file.ipynb/deeper", {"type": "notebook"}),
    ("PATCH", "file.ipynb", {"path": "impossible/file.ipynb/x.ipynb"}),
    ("PUT", "folder.ipynb", NOTEBOOK),
    ("PUT", "folder.ipynb", FILE),
    ("PUT", "file.ipynb", FOLDER),
    ("PUT", "dangling/x.txt", FILE),
    ("PUT", "dangling/x", FOLDER),
    ("PUT", "deep-dangling.txt", FILE),
    ("POST", "dangling", {"type": "notebook"}),
    ("PATCH", "file.ipynb", {"path": "impossible/dangling/x.ipynb"}),
    ("PUT", "circle", FILE),
    ("PUT", "circle/x.txt", FILE),
    ("GET", "circle", None),
    ("GET", "circle/x.txt", None),
    ("DELETE", "circle/x.txt", None),
    ("PUT", "no/such/folder.txt", FILE),
    ("PUT", "no/such/folder", FOLDER),
    ("PATCH", "file.ipynb", {"path": "impossible/no/such.ipynb"}),
    ("PATCH", "not-there.ipynb", {"path": "impossible/b.ipynb"}),
    ("DELETE", "not-there.ipynb", None),
    ("GET", "file.ipynb/x.txt", None),
    ("DELETE", "file.ipynb/x.txt", None),
    ("PUT", f"{LONG}/x.txt", FILE),
    ("PUT", LONG, FOLDER),
    ("PUT", "/".join(["y" * 200] * 25), FILE),
    ("GET", f"{LONG}/x.txt", None),
    ("DELETE", LONG, None),
    ("PUT", "nul%00.txt", FILE),
    ("GET", "nul%00.txt", None),
    ("DELETE", "nul%00.txt", None),
]


@pytest.mark.parametrize(("method", "path", "body"), IMPOSSIBLE)
def test_what_is_wrong_with_a_path_is_told(
    folder: Path, shared_browser: Browser, method: str, path: str, body: Any
) -> None:
    before = {file: file.lstat().st_mtime_ns for file in folder.rglob("*")}
    answer = shared_browser.request(method, f"/api/contents/impossible/{path}", body, Accept="*/*")
    assert 400 <= answer.status < 500, answer.body
    assert {file: file.lstat().st_mtime_ns for file in folder.rglob("*")} == before


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("file.ipynb/x.txt", "file.ipynb is a file, not a folder. Choose another place."),
        ("folder.ipynb", "folder.ipynb is a folder. Choose another name."),
        ("dangling/x.txt", "The folder dangling is a link to what is not there."),
        ("circle", "circle is a link that leads in a circle."),
        ("nowhere-either/x.txt", "The folder nowhere-either is not there."),
        (f"{LONG}/x.txt", "A file's name can have 255 bytes, and this one has 300. Shorten it."),
    ],
)
def test_the_reason_is_one_that_a_person_understands(
    folder: Path, shared_browser: Browser, path: str, why: str
) -> None:
    answer = shared_browser.request(
        "PUT", f"/api/contents/{folder.name}/{path}", FILE, Accept="*/*"
    )
    assert answer.json["message"] == why


def test_a_file_can_be_saved_through_a_link_to_one_that_is_not_there_yet(
    folder: Path, shared_browser: Browser
) -> None:
    (folder / "to-come.txt").symlink_to("come.txt")
    url = f"/api/contents/{folder.name}/to-come.txt"
    assert shared_browser.request("PUT", url, FILE, Accept="*/*").status in (200, 201)
    assert (folder / "come.txt").read_text() == "new"
