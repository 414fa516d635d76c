"""What is killed at bad moments: nothing saved is lost, and everybody is told what happened."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from localcloud.testing import LocalCloud, start
from tests.people import NotebookOf, Person, Visit
from tests.support import eventually


def _save(visit: Visit, path: str, text: str) -> None:
    content = {"type": "file", "format": "text", "content": text}
    answer = visit.request("PUT", f"/api/contents/{path}", json=content)
    assert answer.status_code in (200, 201), answer.text


def _processes_of(server_id: str) -> list[int]:
    """The processes of a server's task, oldest first, found by what they were started with."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if f"RAMON_SERVER_ID={server_id}".encode() in environment:
            found.append(int(entry.name))
    return sorted(found)


def _server_id(notebook: NotebookOf) -> str:
    return str(notebook.ask("GET", "/servers").json()["items"][0]["id"])


def test_a_killed_jupyter_is_told_and_its_saved_files_are_kept(ada: Person) -> None:
    notebook = ada.create("Killed")
    notebook.start()
    _save(notebook.enter(), "kept.txt", "saved before")
    eventually(lambda: notebook.now["workspace"]["files"] == 2)

    os.kill(_processes_of(_server_id(notebook))[0], signal.SIGKILL)

    told = notebook.until("failed")
    assert told["failure"]["code"] == "crashed"
    assert "SIGKILL" in told["failure"]["message"]
    notebook.start()
    found = notebook.enter().get("/api/contents/kept.txt").json()
    assert found["content"] == "saved before"
    notebook.stop()


def test_a_stopped_notebook_leaves_no_process(ada: Person) -> None:
    notebook = ada.create("Tidy")
    notebook.start()
    server_id = _server_id(notebook)
    assert _processes_of(server_id)

    notebook.stop()

    assert _processes_of(server_id) == []


def test_ten_notebooks_start_at_once_and_an_eleventh_is_refused(
    cloud: LocalCloud, grace: Person
) -> None:
    notebooks = [grace.create(f"Many {number}") for number in range(11)]

    with ThreadPoolExecutor(11) as pool:
        answers = list(pool.map(lambda notebook: notebook.ask("POST", "/start"), notebooks))

    refused = [answer.json()["error"] for answer in answers if answer.status_code != 202]
    assert [error["code"] for error in refused] == ["plan_limit"]
    assert "10" in refused[0]["message"]
    started = [n for n, a in zip(notebooks, answers, strict=True) if a.status_code == 202]
    for notebook in started:
        assert notebook.until("running", "failed", within=120)["state"] == "running"
    assert _doctor(cloud) == 0

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda notebook: notebook.stop(within=120), started))
    assert _doctor(cloud) == 0


def _doctor(cloud: LocalCloud) -> int:
    """`python -m ops.doctor` for this cloud; its report is shown when a test fails."""
    return subprocess.run(
        [sys.executable, "-m", "ops.doctor", "--stage", "local"],
        env=os.environ | {"STATE_DIR": str(cloud.state_dir)},
        check=False,
        timeout=120,
    ).returncode


def _until_it_is_written_down(cloud: LocalCloud, person: Person) -> None:
    """Wait until the stand-in has on disk what has happened so far: it keeps all of one moment."""
    person.create("Made after that")
    state = cloud.state_dir / "aws" / "state.jsonl"
    eventually(lambda: "Made after that" in state.read_text())


@pytest.mark.timeout(420)
def test_after_a_power_cut_accounts_notebooks_and_files_are_there(tmp_path: Path) -> None:
    cloud = start(tmp_path, deploy=True)
    try:
        with Person(cloud, "emmy") as emmy:
            session = emmy.http.headers["Cookie"]
            notebook = emmy.create("Survivor")
            notebook.start()
            _save(notebook.enter(), "kept.txt", "before the cut")
            server_id = _server_id(notebook)
            eventually(lambda: notebook.now["workspace"]["files"] == 2)
            _until_it_is_written_down(cloud, emmy)
        died_after = datetime.now(UTC)
        cloud.kill()
        eventually(lambda: _processes_of(server_id) == [])
        died_before = datetime.now(UTC)

        cloud = start(tmp_path, deploy=True, port=cloud.port)

        with Person(cloud, "emmy") as emmy:
            # The session of before is good still; signing in again made another one.
            emmy.http.headers["Cookie"] = session
            notebook = NotebookOf(emmy, notebook.id)
            told = notebook.until("failed", "stopped")
            stopped_at = datetime.fromisoformat(told["last_stop"]["at"]).timestamp()
            assert died_after.timestamp() - 1 <= stopped_at <= died_before.timestamp() + 1
            notebook.start()
            found = notebook.enter().get("/api/contents/kept.txt").json()
            assert found["content"] == "before the cut"
            assert _doctor(cloud) == 0
    finally:
        cloud.stop()
