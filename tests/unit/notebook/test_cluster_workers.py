"""What a worker's job does: it gets the notebook's environment, works, and ends in order."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.support import eventually
from tests.unit.notebook.agent_client import PRELUDE, REQUEST, ask
from tests.unit.notebook.fake_batch import Worker
from tests.unit.notebook.fake_clusters import Running, running
from tests.unit.notebook.fake_service import Fault
from tests.unit.notebook.parts import BIN
from tests.unit.notebook.processes import alive, children


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A notebook; every test starts clusters of its own."""
    with running(tmp_path_factory.mktemp("workers")) as started:
        yield started


LOST = 71
"""The exit code of a worker that lost its scheduler."""
TOLD = 143
"""That of one which got SIGTERM, as Batch ends jobs."""
IN_ORDER = (0, TOLD)
"""Of a cluster that is closed, either Batch or the scheduler is the first to end a worker."""


def start(agent: Running, name: str, **request: Any) -> None:
    status, answer = ask(agent.socket, "POST", "/clusters", {**REQUEST, "name": name, **request})
    assert status == 201, answer


def ended(worker: Worker) -> int:
    """Wait until a worker's job has ended; its exit code."""
    eventually(lambda: worker.process is not None and not worker.runs)
    assert worker.process
    return worker.process.returncode


def test_workers_have_the_notebooks_packages_and_modules_and_get_new_ones(agent: Running) -> None:
    python = agent.notebook.home / ".ramon" / "env" / "bin" / "python"
    agent.python(
        "import subprocess, sys;"
        "subprocess.run([sys.executable, '-m', 'pip', 'install', '-q', 'cowsay==6.1'], check=True)"
    )
    assert python.exists()
    agent.notebook.write("sim.py", "answer = 41\ndef simulate(): return answer\n")
    agent.notebook.write("sub/beside.py", "here = True\n")
    folder = str(agent.notebook.workspace / "sub")
    start(agent, "same", folder=folder)
    code = """
import sys
sys.path[:0] = [os.getcwd(), os.path.join(os.getcwd(), "sub")]
import sim
def seen():
    import beside, cowsay, os, sys
    return cowsay.__version__, beside.here, os.environ.get("RAMON_WORKER_TOKEN"), sys.prefix
with connect("same") as client:
    print(client.submit(sim.simulate, pure=False).result(), *client.submit(seen).result())
"""
    answer, cowsay, beside, token, prefix = agent.python(PRELUDE + code).split()
    assert (answer, cowsay, beside, token) == ("41", "6.1", "True", "None")
    (worker,) = agent.service.workers("same")
    assert prefix == str(worker.home / ".ramon" / "worker-env")
    address = f"/clusters/same/environment?folder={folder}"
    assert ask(agent.socket, "GET", address)[1] == {"changed": []}
    agent.notebook.write(
        "sim.py", "answer = 42\ndef simulate(): return answer\ndef more(): return 43\n"
    )
    code = code.replace("sim.simulate", "lambda: (sim.simulate(), sim.more())")
    assert agent.python(PRELUDE + code).startswith("(42, 43) 6.1")
    agent.python(
        "import subprocess, sys;"
        "subprocess.run([sys.executable, '-m', 'pip', 'install', '-q', 'cowsay==6.0'], check=True)"
    )
    changed = ask(agent.socket, "GET", address)[1]["changed"]
    assert changed == ["cowsay 6.0 here, 6.1 on the workers"]
    process = worker.process
    assert ask(agent.socket, "POST", "/clusters/same/environment", {"folder": folder})[0] == 200
    assert agent.python(PRELUDE + code).startswith("(42, 43) 6.0")
    assert worker.process is process, "the same job goes on"
    assert ask(agent.socket, "GET", address)[1] == {"changed": []}
    ask(agent.socket, "POST", "/clusters/same/close", {})
    assert ended(worker) in IN_ORDER


@pytest.mark.parametrize(
    "retired",
    [
        "client.retire_workers([address])",
        "client.retire_workers([address], close_workers=False, remove=True)",
        "client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.close_worker(address))",
    ],
)
def test_a_worker_that_its_cluster_lets_go_ends_well(agent: Running, retired: str) -> None:
    name = f"retired-{len(agent.service.clusters)}"
    start(agent, name)
    agent.service.wait_for_workers(name, 1)
    (worker,) = agent.service.workers(name)
    agent.python(f"""{PRELUDE}
with connect({name!r}) as client:
    (address,) = client.scheduler_info()["workers"]
    {retired}
""")
    assert ended(worker) == 0
    assert worker.failed is None
    ask(agent.socket, "POST", f"/clusters/{name}/close", {})


CUT = """
with connect("cut") as client:
    def cut(dask_scheduler):
        for stream in dask_scheduler.stream_comms.values():
            stream.comm.abort()
    client.run_on_scheduler(cut)
"""
KILLED = """
with connect("killed") as client:
    print(client.run_on_scheduler(os.getpid))
"""


@pytest.mark.parametrize(("name", "code"), [("cut", CUT), ("killed", KILLED)])
def test_a_worker_that_loses_its_scheduler_says_so_and_does_not_end_well(
    agent: Running, name: str, code: str
) -> None:
    start(agent, name)
    agent.service.wait_for_workers(name, 1)
    (worker,) = agent.service.workers(name)
    agent.service.slow_to_end = True

    scheduler = agent.python(PRELUDE + code).strip()
    if scheduler:
        os.kill(int(scheduler), signal.SIGKILL)

    assert ended(worker) == LOST
    agent.service.slow_to_end = False
    assert worker.failed
    assert worker.failed["code"] == "scheduler"
    assert "lost its connection" in worker.failed["message"]
    ask(agent.socket, "POST", f"/clusters/{name}/close", {})


def test_a_worker_that_cant_be_renewed_leaves_and_the_others_go_on(agent: Running) -> None:
    start(agent, "renewed", workers=2)
    agent.service.wait_for_workers("renewed", 2)
    lost, other = agent.service.workers("renewed")
    assert lost.process
    # The worker is there and says nothing; nobody hears what its nanny is told.
    (server,) = (pid for pid in children(lost.process.pid) if children(pid))
    for pid in children(server):
        os.kill(pid, signal.SIGSTOP)
    lost.process.kill()
    lost.process.wait()
    agent.notebook.write("renewed.py", "answer = 42\n")
    try:
        assert ask(agent.socket, "POST", "/clusters/renewed/environment", {})[0] == 200
        code = """
with connect("renewed") as client:
    client.wait_for_workers(1)
    print(client.submit(lambda: __import__("renewed").answer).result(timeout=60))
    print([worker["name"] for worker in client.scheduler_info()["workers"].values()])
"""
        answer, names = agent.python(PRELUDE + code).splitlines()
        assert (answer, names) == ("42", str([other.id]))
    finally:
        with suppress(ProcessLookupError):  # what its nanny left may have ended by itself
            os.killpg(lost.process.pid, signal.SIGKILL)
    ask(agent.socket, "POST", "/clusters/renewed/close", {})
    assert ended(other) in IN_ORDER


def test_a_task_that_needs_too_much_memory_fails_and_its_worker_goes_on(agent: Running) -> None:
    start(agent, "small", memory_gib=0.3)
    printed = agent.python(
        PRELUDE
        + """
def hungry():
    kept = []
    while True:
        kept.append(bytearray(b"x") * (20 << 20))
        time.sleep(0.02)
with connect("small") as client:
    print(repr(client.submit(hungry).exception(timeout=60)))
    print(client.submit(lambda: 42).result(timeout=60))
"""
    )
    error, answer = printed.splitlines()
    assert error.startswith("KilledWorker(")
    assert answer == "42"
    (worker,) = agent.service.workers("small")
    assert "95% memory budget" in worker.log
    ask(agent.socket, "POST", "/clusters/small/close", {})
    assert ended(worker) in IN_ORDER


FILL = """
import builtins
from distributed import get_worker

def fill(dask_worker):
    \"\"\"Hold what Dask can neither spill nor count, up to between its limits: 80 and 95 %.\"\"\"
    kept = builtins.kept = []
    while dask_worker.monitor.get_process_memory() < 0.86 * dask_worker.memory_manager.memory_limit:
        kept.append(bytearray(b"x") * (4 << 20))

def empty():
    builtins.kept.clear()

with connect("full") as client:
    client.run({function})
"""


def test_workers_whose_memory_is_full_are_reported_as_paused_until_it_is_not(
    agent: Running,
) -> None:
    start(agent, "full", memory_gib=0.5)
    agent.service.wait_for_workers("full", 1)

    def paused() -> int:
        reported: int = agent.service.cluster("full").reports[-1]["paused"]
        return reported

    assert paused() == 0
    agent.python(PRELUDE + FILL.format(function="fill"))
    eventually(lambda: paused() == 1)
    agent.python(PRELUDE + FILL.format(function="empty"))
    eventually(lambda: paused() == 0)
    (worker,) = agent.service.workers("full")
    assert worker.runs
    ask(agent.socket, "POST", "/clusters/full/close", {})


def test_a_worker_that_is_asked_to_end_hands_its_results_over(agent: Running) -> None:
    start(agent, "leaving", workers=2)
    agent.service.wait_for_workers("leaving", 2)
    leaving, staying = agent.service.workers("leaving")
    kernel = agent.start_python(
        PRELUDE
        + f"""
client = connect("leaving")
future = client.submit(time.time_ns, workers={leaving.id!r}, allow_other_workers=False)
first = future.result()
print("done", flush=True)
while len(client.scheduler_info()["workers"]) == 2: time.sleep(0.05)
print(first == client.submit(lambda x: x, future).result())
"""
    )
    assert kernel.stdout
    assert kernel.stdout.readline() == "done\n", kernel.communicate()[1]
    assert leaving.process
    below = children(leaving.process.pid)
    leaving.process.send_signal(signal.SIGTERM)
    assert ended(leaving) == TOLD
    eventually(lambda: not any(map(alive, below)))
    assert kernel.communicate(timeout=60)[0] == "True\n"
    ask(agent.socket, "POST", "/clusters/leaving/close", {})
    assert ended(staying) in IN_ORDER


@pytest.mark.parametrize(
    ("python", "lock", "said"),
    [
        ("2.7.18", b"", "runs Python 2.7.18, workers have 3.11"),
        (None, b"mine @ file:///nowhere/mine-1-py3-none-any.whl\n", "%pip uninstall"),
    ],
)
def test_a_worker_that_cant_be_made_the_same_says_why(
    agent: Running, python: str | None, lock: bytes, said: str
) -> None:
    service = agent.service
    service.holding = True
    name = f"other-{len(service.clusters)}"
    start(agent, name)
    with service.lock:
        environment = service.cluster(name).request["environment"]
        environment["python"] = python or environment["python"]
        if lock:
            service.blobs["0" * 64] = lock
            environment["lock"] = {"sha256": "0" * 64, "size": len(lock)}
        service.holding = False
    (worker,) = service.workers(name)
    assert ended(worker) == 70
    assert worker.failed
    assert worker.failed["code"] == "environment"
    assert said in worker.failed["message"]
    ask(agent.socket, "POST", f"/clusters/{name}/close", {})


def test_a_worker_that_is_no_longer_wanted_ends_at_once(agent: Running) -> None:
    faults = agent.service.faults
    agent.service.faults = lambda _, path: Fault(410) if path == "/api/worker/boot" else None
    start(agent, "unwanted")
    (worker,) = agent.service.workers("unwanted")
    assert ended(worker) == 0
    assert worker.failed is None
    agent.service.faults = faults
    ask(agent.socket, "POST", "/clusters/unwanted/close", {})


def test_a_heartbeat_that_nobody_hears_is_told_in_one_line() -> None:
    code = """
import logging
import ramon_notebook.worker.nanny
try:
    raise ConnectionError("the scheduler is closing")
except OSError:
    logging.getLogger("distributed.worker").exception(
        "Failed to communicate with scheduler during heartbeat.")
"""
    ran = subprocess.run([BIN / "python", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr.strip().endswith("No heartbeat: the scheduler is closing")
    assert "Traceback" not in ran.stderr


def test_missing_settings_are_all_named(agent: Running) -> None:
    worker = Worker("wk_1", agent.notebook.home / "worker")
    worker.start("", 1, {"RAMON_WORKER_TOKEN": "", "AWS_BATCH_JOB_ID": ""})
    assert ended(worker) == 70
    assert "RAMON_API_URL, RAMON_WORKER_TOKEN, AWS_BATCH_JOB_ID" in worker.log
