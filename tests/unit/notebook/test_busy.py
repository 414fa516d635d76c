"""Busy, idle and dead are facts, whoever asked a real kernel for what, and however it ended."""

import asyncio
import json
import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support import eventually
from tests.unit.notebook.fake_service import FakeService
from tests.unit.notebook.parts import (
    BIN,
    Browser,
    Notebook,
    execute_request,
    notebook_json,
)

BEGUN = "import os, time; print('begun', os.getpid(), flush=True); "
TINY_KERNEL = Path(__file__).with_name("tiny_kernel.py")
SLEEP = f"{BEGUN}time.sleep(60)"


@pytest.fixture(scope="module")
def service() -> Iterator[FakeService]:
    started = FakeService()
    started.put_file("a.ipynb", notebook_json(SLEEP))
    yield started
    started.close()


@pytest.fixture(scope="module")
def notebook(service: FakeService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """One server for all tests here; each uses a kernel of its own."""
    kernels = tmp_path_factory.mktemp("jupyter")
    spec = kernels / "kernels" / "tiny"
    spec.mkdir(parents=True)
    argv = [str(BIN / "python"), str(TINY_KERNEL), "{connection_file}"]
    (spec / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "Tiny", "language": "tiny"})
    )
    home = tmp_path_factory.mktemp("home")
    with Notebook(service, home, {"JUPYTER_PATH": str(kernels)}) as started:
        started.wait_until_ready()
        yield started


@pytest.fixture
def browser(notebook: Notebook) -> Browser:
    return notebook.browser()


@pytest.fixture
def kernel_id(browser: Browser) -> Iterator[str]:
    """A kernel that nobody else uses, of the notebook a.ipynb."""
    kernel_id = browser.open_kernel()
    yield kernel_id
    browser.request("DELETE", f"/api/kernels/{kernel_id}", Accept="*/*")


def states(browser: Browser) -> dict[str, str]:
    kernels = browser.request("GET", "/api/kernels", Accept="*/*").json
    return {kernel["id"]: kernel["execution_state"] for kernel in kernels}


def is_busy(browser: Browser, kernel_id: str) -> bool:
    return states(browser)[kernel_id] == "busy"


def stays_busy(service: FakeService, browser: Browser, kernel_id: str) -> bool:
    """Whether it is busy in the list and in each of the next heartbeats."""
    count = len(service.heartbeats)
    eventually(lambda: len(service.heartbeats) > count + 3)
    told = [beat["busy_kernels"] for beat in service.heartbeats[count + 1 :]]
    return is_busy(browser, kernel_id) and min(told) == 1


def becomes_idle(service: FakeService, browser: Browser, kernel_id: str) -> None:
    eventually(lambda: not is_busy(browser, kernel_id))
    eventually(lambda: service.heartbeats[-1]["busy_kernels"] == 0)


def pid_of(text: str) -> int:
    return int(text.split("begun ")[1].split(maxsplit=1)[0])


def interrupt(browser: Browser, kernel_id: str) -> None:
    browser.request("POST", f"/api/kernels/{kernel_id}/interrupt", Accept="*/*")


@pytest.mark.parametrize(
    ("number", "why"),
    [(signal.SIGKILL, "was killed (signal 9)"), (signal.SIGSEGV, "segmentation fault")],
)
def test_a_kernel_that_dies_without_a_page_is_not_busy_and_its_cell_says_why(
    notebook: Notebook, browser: Browser, kernel_id: str, number: signal.Signals, why: str
) -> None:
    service = notebook.service
    ran = browser.run(kernel_id, SLEEP, cell_id="c0", leave_at="begun")
    assert stays_busy(service, browser, kernel_id)
    os.kill(pid_of(ran.text), number)
    becomes_idle(service, browser, kernel_id)
    eventually(lambda: why in json.dumps(outputs(notebook)))
    first, last = outputs(notebook)
    assert "begun" in "".join(first["text"])
    assert why in last["evalue"]
    death = eventually(lambda: service.heartbeats[-1]["kernel_death"])
    assert death["notebook"] == "a.ipynb"
    assert why in death["reason"]
    eventually(lambda: browser.run(kernel_id, "1 + 1").text == "2")
    eventually(lambda: service.heartbeats[-1]["kernel_death"] is None)


def outputs(notebook: Notebook) -> list[dict[str, Any]]:
    cells = json.loads((notebook.workspace / "a.ipynb").read_bytes())["cells"]
    found: list[dict[str, Any]] = cells[0]["outputs"]
    return found


def test_the_page_of_a_kernel_that_dies_is_told_before_it_hears_of_the_restart(
    browser: Browser, kernel_id: str
) -> None:
    async def messages() -> list[dict[str, Any]]:
        session = uuid.uuid4().hex
        async with browser.page(kernel_id, session) as ws:
            request = execute_request(f"{BEGUN}os.kill(os.getpid(), 9)", "c0", session)
            await ws.send_json(request)
            got: list[dict[str, Any]] = []
            async for message in ws:
                got.append(json.loads(message.data))
                if got[-1]["content"].get("execution_state") == "restarting":
                    break
        ours = [
            (m["msg_type"], m["content"])
            for m in got
            if (m["parent_header"] or {}).get("msg_id") == request["header"]["msg_id"]
        ]
        assert ours[-1] == ("status", {"execution_state": "idle"})
        return [content for kind, content in ours if kind == "error"]

    (error,) = asyncio.run(messages())
    assert error["ename"] == "KernelDied"
    assert "signal 9" in error["evalue"]


def test_a_page_that_was_away_when_its_kernel_died_is_told_when_it_is_back(
    browser: Browser, kernel_id: str
) -> None:
    session = uuid.uuid4().hex
    ran = browser.run(kernel_id, SLEEP, cell_id="c0", leave_at="begun", session=session)
    os.kill(pid_of(ran.text), signal.SIGKILL)
    eventually(lambda: not is_busy(browser, kernel_id))

    async def missed() -> list[str]:
        async with browser.page(kernel_id, session) as ws:
            kinds: list[str] = []
            async for message in ws:
                got = json.loads(message.data)
                kinds.append(got["msg_type"])
                if got["content"].get("execution_state") == "restarting":
                    break
        return kinds

    assert "error" in asyncio.run(missed())
    eventually(lambda: browser.run(kernel_id, "1 + 1").text == "2")


def test_a_busy_cell_stays_busy_while_a_subshell_says_idle(
    service: FakeService, browser: Browser, kernel_id: str
) -> None:
    browser.run(kernel_id, SLEEP, cell_id="c0", leave_at="begun")

    async def run_in_a_subshell() -> None:
        session = uuid.uuid4().hex
        async with browser.page(kernel_id, session) as ws:
            create = execute_request("", None, session)
            create["header"]["msg_type"] = "create_subshell_request"
            await ws.send_json(create | {"channel": "control", "content": {}})
            subshell = (await heard(ws, "create_subshell_reply"))["content"]["subshell_id"]
            request = execute_request("1 + 1", None, session)
            request["header"]["subshell_id"] = subshell
            await ws.send_json(request)
            await heard(ws, "execute_reply")

    asyncio.run(run_in_a_subshell())
    assert stays_busy(service, browser, kernel_id)
    interrupt(browser, kernel_id)
    becomes_idle(service, browser, kernel_id)


def test_what_a_console_in_a_terminal_runs_is_busy_and_another_page_does_not_end_it(
    service: FakeService, browser: Browser, kernel_id: str
) -> None:
    code = "import ipykernel; print(ipykernel.get_connection_file())"
    connection_file = browser.run(kernel_id, code).text.strip()
    console = (
        "import sys; from jupyter_client import BlockingKernelClient as Client\n"
        "client = Client(connection_file=sys.argv[1]); client.load_connection_file()\n"
        "client.start_channels(); client.wait_for_ready()\n"
        "client.execute('import time; time.sleep(60)')\n"
        "while client.get_iopub_msg()['msg_type'] != 'execute_input': pass\n"
    )
    subprocess.run([BIN / "python", "-c", console, connection_file], check=True, timeout=60)
    assert stays_busy(service, browser, kernel_id)
    interrupt(browser, kernel_id)
    becomes_idle(service, browser, kernel_id)


def test_an_execution_without_a_cell_is_busy_and_so_is_a_silent_one(
    service: FakeService, browser: Browser, kernel_id: str
) -> None:
    async def ask_and_leave() -> None:
        session = uuid.uuid4().hex
        async with browser.page(kernel_id, session) as ws:
            request = execute_request("import time; time.sleep(60)", None, session)
            request["content"] |= {"silent": True, "store_history": False}
            await ws.send_json(request)
            await heard(ws, "status")

    asyncio.run(ask_and_leave())
    assert stays_busy(service, browser, kernel_id)
    interrupt(browser, kernel_id)
    becomes_idle(service, browser, kernel_id)


def test_a_restarted_kernel_is_not_busy_with_what_ran_before(
    service: FakeService, browser: Browser, kernel_id: str
) -> None:
    browser.run(kernel_id, SLEEP, cell_id="c0", leave_at="begun")
    path = f"/api/kernels/{kernel_id}/restart"
    assert browser.request("POST", path, Accept="*/*").status == 200
    becomes_idle(service, browser, kernel_id)
    browser.run(kernel_id, SLEEP, cell_id="c0", leave_at="begun")
    assert stays_busy(service, browser, kernel_id)


def test_a_restart_that_is_cut_off_by_another_leaves_nothing_busy(
    service: FakeService, browser: Browser, kernel_id: str
) -> None:
    browser.run(kernel_id, SLEEP, cell_id="c0", leave_at="begun")

    path = f"/api/kernels/{kernel_id}/restart"
    asyncio.run(browser.press(path, times=2, leave_after=0.3))
    becomes_idle(service, browser, kernel_id)
    eventually(lambda: browser.run(kernel_id, "1 + 1").text == "2")
    becomes_idle(service, browser, kernel_id)


def test_a_kernel_without_ipykernel_that_says_nothing_at_the_end_is_found_out(
    service: FakeService, browser: Browser
) -> None:
    created = browser.request("POST", "/api/kernels", {"name": "tiny"}, Accept="*/*")
    kernel_id = created.json["id"]
    browser.run(kernel_id, "mute sleep 5", leave_at="begun")
    assert stays_busy(service, browser, kernel_id)
    becomes_idle(service, browser, kernel_id)
    browser.run(kernel_id, "sleep 60", leave_at="begun")
    assert stays_busy(service, browser, kernel_id)
    browser.request("DELETE", f"/api/kernels/{kernel_id}", Accept="*/*")
    eventually(lambda: service.heartbeats[-1]["busy_kernels"] == 0)


def test_a_thread_that_prints_after_its_cell_has_ended_does_not_keep_the_notebook_awake(
    service: FakeService, browser: Browser, kernel_id: str
) -> None:
    code = (
        "import threading, time\n"
        "def talk():\n"
        "    while True: print('still here', flush=True); time.sleep(0.05)\n"
        "threading.Thread(target=talk, daemon=True).start()"
    )
    browser.run(kernel_id, code, cell_id="c0")
    becomes_idle(service, browser, kernel_id)
    count = len(service.heartbeats)
    eventually(lambda: len(service.heartbeats) > count + 5)
    after = {beat["last_activity"] for beat in service.heartbeats[count + 1 :]}
    assert len(after) == 1


async def heard(ws: aiohttp.ClientWebSocketResponse[bool], kind: str) -> dict[str, Any]:
    async for message in ws:
        got: dict[str, Any] = json.loads(message.data)
        if got["msg_type"] == kind:
            return got
    raise AssertionError(f"no {kind}")
