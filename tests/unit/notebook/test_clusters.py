"""Clusters as kernels ask for them: real schedulers, real workers, a service beside the test."""

import os
import pickle
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support import eventually
from tests.unit.notebook.agent_client import PRELUDE, REQUEST, ask
from tests.unit.notebook.fake_clusters import Running, running
from tests.unit.notebook.fake_service import Fault
from tests.unit.notebook.processes import alive, schedulers


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A notebook; every test starts clusters of its own."""
    with running(tmp_path_factory.mktemp("clusters")) as started:
        yield started


def start(agent: Running, name: str, **request: Any) -> dict[str, Any]:
    """Start a cluster; what the socket answered."""
    status, answer = ask(agent.socket, "POST", "/clusters", {**REQUEST, "name": name, **request})
    assert status == 201, answer
    result: dict[str, Any] = answer
    return result


def close(agent: Running, name: str) -> None:
    """Close a cluster, and see that nothing of it is left."""
    status, _ = ask(agent.socket, "POST", f"/clusters/{name}/close", {})
    assert status == 200
    eventually(lambda: agent.service.cluster(name).state == "stopped")
    assert not any(worker.runs for worker in agent.service.cluster(name).workers)


def test_a_cluster_computes_and_ends_with_all_its_processes(agent: Running) -> None:
    before = schedulers(agent.notebook)
    answer = start(agent, "sim", workers=2)
    assert answer["cluster"]["workers"]["wanted"] == 2
    assert answer["cluster"]["price"]["usd_hour"] == "0.20"
    assert answer["connection"]["dashboard_url"] == answer["cluster"]["dashboard_url"]
    again, taken = ask(agent.socket, "POST", "/clusters", {**REQUEST, "name": "sim"})
    assert (again, taken["error"]["code"]) == (409, "name_taken")
    printed = agent.python(
        PRELUDE
        + """
with connect("sim") as client:
    client.wait_for_workers(2)
    print(sorted(client.gather(client.map(lambda x: x * x, range(5)))))
    print(sorted(w["name"] for w in client.scheduler_info()["workers"].values()))
"""
    )
    results, names = printed.splitlines()
    assert results == "[0, 1, 4, 9, 16]"
    assert names == str([worker.id for worker in agent.service.workers("sim")])
    agent.service.wait_for_workers("sim", 2)
    eventually(lambda: agent.service.cluster("sim").reports[-1]["clients"] == 0)
    assert agent.service.cluster("sim").state == "running"
    beats = len(agent.service.heartbeats)
    eventually(lambda: len(agent.service.heartbeats) > beats)
    assert agent.service.heartbeats[-1]["clusters"] >= 1
    close(agent, "sim")
    codes = {w.process.returncode for w in agent.service.workers("sim") if w.process}
    assert codes <= {0, 143}, "let go by the scheduler, or ended by SIGTERM, as Batch does"
    eventually(lambda: schedulers(agent.notebook) == before)


def test_a_cluster_is_found_by_a_name_of_any_script_in_either_form(agent: Running) -> None:
    made = start(agent, "Mu\u0308nchen 🌧️ sim", workers=0)
    path = f"/clusters/{quote('München 🌧️ sim')}"

    status, found = ask(agent.socket, "GET", path)
    assert (status, found["cluster"]["id"]) == (200, made["cluster"]["id"])
    assert found["connection"] == made["connection"]
    assert ask(agent.socket, "POST", f"{path}/close", {})[0] == 200


@pytest.mark.parametrize(("word", "reason"), [("close", "closed"), ("stop", "user")])
def test_the_service_is_told_whether_code_or_a_person_ended_a_cluster(
    agent: Running, word: str, reason: str
) -> None:
    start(agent, f"to {word}", workers=0)

    status, ended = ask(agent.socket, "POST", f"/clusters/{quote(f'to {word}')}/{word}", {})

    assert (status, ended["cluster"]["stop"]["reason"]) == (200, reason)


def test_who_joined_just_before_the_end_is_reported_before_it(agent: Running) -> None:
    start(agent, "brief", workers=1)
    agent.python(PRELUDE + 'with connect("brief") as client: client.wait_for_workers(1)')

    close(agent, "brief")

    (worker,) = agent.service.workers("brief")
    assert agent.service.cluster("brief").reports[-1]["joined"] == [worker.id]


def test_results_of_a_killed_kernel_are_kept_and_those_of_a_closed_client_are_not(
    agent: Running,
) -> None:
    start(agent, "kept")
    first = agent.start_python(
        PRELUDE
        + """
client = connect("kept")
closed = connect("kept")
given_up = closed.submit(lambda: "given up", key="given-up")
given_up.result()
closed.close()
futures = client.map(lambda x: x + 1, range(3), key=["z", "a", "m"])
later = client.submit(lambda x: x * 10, futures[0], key="later")
later.result(), client.gather(futures)
print("done", flush=True)
time.sleep(60)
"""
    )
    assert first.stdout
    assert first.stdout.readline() == "done\n", first.communicate()[1]
    first.kill()
    first.communicate()
    printed = agent.python(
        PRELUDE
        + """
client = connect("kept")
for _ in range(100):
    kept = client.sync(client.scheduler.ramon_kept)
    if kept: break
    time.sleep(.1)
futures = [distributed.Future(key, client) for key in kept]
client.sync(client.scheduler.ramon_want, keys=list(kept), client=client.id)
print(list(kept), client.gather(futures))
client.sync(client.scheduler.ramon_release, keys=list(kept))
print(list(client.sync(client.scheduler.ramon_kept)))
"""
    )
    assert printed.splitlines() == ["['z', 'a', 'm', 'later'] [1, 2, 3, 10]", "[]"]
    close(agent, "kept")


def test_finished_results_are_saved_when_the_service_stops_a_cluster(agent: Running) -> None:
    start(agent, "saving")
    kernel = agent.start_python(
        PRELUDE
        + """
client = connect("saving")
done = client.map(lambda x: {"x": x}, range(2), key=["first", "second"])
client.gather(done)
running = client.submit(time.sleep, 60, key="not finished")
while not any(client.processing().values()): time.sleep(0.05)
print("done", flush=True)
time.sleep(60)
"""
    )
    assert kernel.stdout
    assert kernel.stdout.readline() == "done\n", kernel.communicate()[1]
    agent.service.end("saving", "budget", save=True)
    # Something happens, so that the agent asks at once and not at its next report.
    kernel.kill()
    kernel.communicate()
    cluster = agent.service.cluster("saving")
    eventually(lambda: cluster.state == "stopped")
    _, answer = ask(agent.socket, "GET", "/clusters/saving")
    assert answer["connection"] is None
    file = Path(answer["saved_file"])
    assert file == agent.notebook.workspace / ".ramon-results" / "saving.pkl"
    saved = pickle.loads(file.read_bytes())  # noqa: S301  # written just now
    assert saved["cluster"] == "saving"
    assert saved["results"] == {"first": {"x": 0}, "second": {"x": 1}}
    assert saved["left_out"] == ["not finished"]
    assert cluster.saved == {"results": 2, "bytes": file.stat().st_size}
    eventually(lambda: ".ramon-results/saving.pkl" in agent.service.entries)


def test_a_scheduler_that_dies_is_told_with_what_to_do(agent: Running) -> None:
    before = schedulers(agent.notebook)
    start(agent, "dying")
    agent.service.wait_for_workers("dying", 1)
    (worker,) = agent.service.workers("dying")
    (pid,) = schedulers(agent.notebook) - before
    os.kill(pid, signal.SIGKILL)
    stop: Any = eventually(lambda: agent.service.cluster("dying").stop)
    assert stop["reason"] == "scheduler_lost"
    assert stop["message"].startswith("The cluster's scheduler was killed (signal 9).")
    assert stop["message"].endswith("Start the cluster again.")
    eventually(lambda: not worker.runs)
    eventually(lambda: ask(agent.socket, "GET", "/clusters/dying")[1]["connection"] is None)


def test_what_the_service_refuses_is_passed_on_and_leaves_nothing(agent: Running) -> None:
    before = schedulers(agent.notebook)
    faults = agent.service.faults
    agent.service.faults = lambda method, path: (
        Fault(409, "plan_cluster") if path == "/api/agent/clusters" and method == "POST" else None
    )
    status, answer = ask(agent.socket, "POST", "/clusters", REQUEST)
    agent.service.faults = faults
    assert (status, answer["error"]["code"]) == (409, "plan_cluster")
    eventually(lambda: schedulers(agent.notebook) == before)


def test_a_cluster_without_a_name_gets_one_and_is_listed(agent: Running) -> None:
    agent.service.holding = True
    name = start(agent, None)["cluster"]["name"]  # type: ignore[arg-type]  # on purpose
    _, listed = ask(agent.socket, "GET", "/clusters")
    assert listed["items"][0]["name"] == name
    status, scaled = ask(agent.socket, "POST", f"/clusters/{name}/scale", {"workers": 3})
    assert (status, scaled["cluster"]["workers"]["wanted"]) == (200, 3)
    close(agent, name)
    agent.service.holding = False


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/clusters/nobody", 404),
        ("POST", "/clusters/nobody/close", 404),
        ("GET", "/clusters/nobody/environment", 404),
        ("GET", "/nothing", 404),
        ("GET", "/usage", 200),
    ],
)
def test_the_socket_answers_in_the_services_form(
    agent: Running, method: str, path: str, status: int
) -> None:
    got, answer = ask(agent.socket, method, path)
    assert got == status
    assert status == 200 or set(answer["error"]) == {"code", "message", "details"}


def test_nobody_else_can_open_the_socket(agent: Running) -> None:
    assert stat.S_IMODE(agent.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(agent.socket.parent.stat().st_mode) == 0o700


def test_the_dashboard_is_shown_on_the_notebooks_origin_to_who_is_signed_in(
    agent: Running,
) -> None:
    url = start(agent, "shown")["connection"]["dashboard_url"]
    path = url.removeprefix(f"http://{agent.notebook.browser().host}")
    browser = agent.notebook.browser()
    eventually(lambda: browser.request("GET", path).status == 200)
    assert b"Dask" in browser.request("GET", path).body
    browser.cookies.clear()
    assert browser.request("GET", path).status == 302
    close(agent, "shown")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_schedulers_and_workers_end_with_the_notebook(
    tmp_path: Path, number: signal.Signals
) -> None:
    with running(tmp_path) as agent:
        start(agent, "sim")
        agent.service.wait_for_workers("sim", 1)
        (scheduler,) = schedulers(agent.notebook)
        (worker,) = agent.service.workers("sim")
        agent.notebook.process.send_signal(number)
        agent.notebook.process.wait(30)
        eventually(lambda: not alive(scheduler))
        eventually(lambda: not worker.runs)
        assert worker.process
        lost = number is signal.SIGKILL
        assert worker.process.returncode == (71 if lost else 0)
        assert bool(worker.failed) == lost
