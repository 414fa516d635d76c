"""A forked kernel is like any other, only sooner there."""

import os
import re
import signal
from pathlib import Path

import pytest

from tests.support import eventually
from tests.unit.notebook.conftest import Start
from tests.unit.notebook.parts import Browser, Notebook


@pytest.fixture
def browser(shared_notebook: Notebook) -> Browser:
    return shared_notebook.browser()


def parent_program(browser: Browser, kernel_id: str) -> str:
    """The command line of a kernel's parent process."""
    code = "import os, pathlib; print(pathlib.Path(f'/proc/{os.getppid()}/cmdline').read_text())"
    return browser.run(kernel_id, code).text


def test_a_kernel_is_forked_and_leads_a_session_of_its_own(
    shared_notebook: Notebook, browser: Browser
) -> None:
    kernel_id = browser.open_kernel()
    assert "ramon_notebook.kernels.template" in parent_program(browser, kernel_id)
    code = "import os; print(os.getsid(0) == os.getpid() == os.getpgid(0), os.getcwd())"
    assert browser.run(kernel_id, code).text.split() == ["True", str(shared_notebook.workspace)]


def test_a_kernel_inherits_no_socket_of_the_server(browser: Browser) -> None:
    code = """
import os
tcp = [line.split() for line in open("/proc/net/tcp").readlines()[1:]]
listening = {f"socket:[{fields[9]}]" for fields in tcp if fields[1].endswith(":22B8")}
mine = {os.readlink(fd.path) for fd in os.scandir("/proc/self/fd") if os.path.islink(fd.path)}
print(len(listening) > 0, mine & listening)
"""
    ran = browser.run(browser.open_kernel(), code)
    assert (ran.error, ran.text.strip()) == (None, "True set()")


def test_each_kernel_has_random_numbers_of_its_own(browser: Browser) -> None:
    code = "import random, uuid; print(random.random(), uuid.uuid4())"
    first, second = (browser.run(browser.open_kernel(f"{n}.ipynb"), code).text for n in "ab")
    assert first != second


def test_an_interrupt_stops_the_cell_and_not_the_kernel(browser: Browser) -> None:
    kernel_id = browser.open_kernel()
    code = "x = 1\nimport time\nprint('begun', flush=True)\ntime.sleep(60)"
    browser.run(kernel_id, code, leave_at="begun")
    browser.request("POST", f"/api/kernels/{kernel_id}/interrupt", Accept="*/*")
    # What is asked while the interrupted cell is ending is not begun.
    eventually(lambda: browser.run(kernel_id, "x + 1").text == "2")


def test_a_restarted_kernel_has_forgotten_everything(browser: Browser) -> None:
    kernel_id = browser.open_kernel()
    browser.run(kernel_id, "x = 1")
    answer = browser.request("POST", f"/api/kernels/{kernel_id}/restart", Accept="*/*")
    assert answer.status == 200
    assert browser.run(kernel_id, "x").error == "NameError"


def test_a_kernel_that_dies_is_started_again(browser: Browser) -> None:
    kernel_id = browser.open_kernel()
    pid = int(browser.run(kernel_id, "import os; print(os.getpid())").text)
    os.kill(pid, signal.SIGKILL)

    def pid_of_the_next() -> int:
        return int(browser.run(kernel_id, "import os; print(os.getpid())").text or 0)

    assert eventually(pid_of_the_next) != pid


def test_another_environment_starts_a_fresh_interpreter(start: Start, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("answer = 42")
    kernelspec = tmp_path / "kernels" / "mine"
    kernelspec.mkdir(parents=True)
    argv = '["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]'
    spec = f'{{"argv": {argv}, "display_name": "Mine", "env": {{"PYTHONPATH": "{tmp_path}"}}}}'
    (kernelspec / "kernel.json").write_text(spec)
    browser = start(JUPYTER_PATH=str(tmp_path)).browser()
    created = browser.request("POST", "/api/kernels", {"name": "mine"}, Accept="*/*")
    kernel_id = created.json["id"]
    assert browser.run(kernel_id, "import mine; mine.answer").text == "42"
    assert "template" not in parent_program(browser, kernel_id)


def test_kernels_end_with_a_server_that_is_killed(notebook: Notebook) -> None:
    browser = notebook.browser()
    pid = int(browser.run(browser.open_kernel(), "import os; print(os.getpid())").text)
    notebook.process.kill()
    eventually(lambda: not Path(f"/proc/{pid}").exists())


def test_a_terminal_starts_in_the_workspace_without_secrets(
    shared_notebook: Notebook, browser: Browser
) -> None:
    name = browser.request("POST", "/api/terminals", {}, Accept="*/*").json["name"]
    file = shared_notebook.workspace / "seen"
    browser.type_into_terminal(name, "env > seen.half; pwd >> seen.half; mv seen.half seen\r")
    eventually(file.exists)
    seen = file.read_text()
    assert f"\n{shared_notebook.workspace}\n" in seen
    assert set(re.findall(r"RAMON_\w+", seen)) == {"RAMON_SOCKET"}
    browser.request("DELETE", f"/api/terminals/{name}", Accept="*/*")
