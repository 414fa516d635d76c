"""The real server: who may come in, what it keeps, and how it ends."""

import json
import os
import re
import signal
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support import eventually
from tests.unit.notebook.conftest import Start
from tests.unit.notebook.fake_service import TOKEN, FakeService, Fault
from tests.unit.notebook.parts import BIN, OPEN_URL, Browser, Notebook, notebook_json


@pytest.fixture
def browser(shared_notebook: Notebook) -> Browser:
    return shared_notebook.browser()


def test_a_server_restores_its_workspace_before_it_says_that_it_is_ready(
    service: FakeService, start: Start
) -> None:
    service.put_file("data/run.sh", b"#!/bin/sh\n", mode=0o755)
    entries = service.entries
    entries["link"] = {"path": "link", "kind": "symlink", "target": "data/run.sh"}
    entries["empty"] = {"path": "empty", "kind": "dir"}
    service.set_entries(entries)
    seq = service.seq
    workspace = start().workspace
    script = workspace / "data/run.sh"
    assert script.read_bytes() == b"#!/bin/sh\n"
    assert stat.S_IMODE(script.stat().st_mode) == 0o755
    assert script.stat().st_mtime_ns == 1_700_000_000_123_000_000
    assert (workspace / "link").readlink() == Path("data/run.sh")
    assert (workspace / "empty").is_dir()
    assert [path for path, _ in service.calls].index("/api/agent/ready") > 0
    assert service.seq == seq, "restoring is no change"


def test_a_ticket_is_exchanged_for_a_cookie_of_this_origin_once(
    shared_notebook: Notebook,
) -> None:
    browser = Browser(shared_notebook.address)
    ticket = shared_notebook.service.issue_ticket()
    answer = browser.request("GET", f"/ramon/enter?ticket={ticket}")
    assert (answer.status, answer.headers["Location"]) == (302, "/lab")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert browser.request("GET", "/lab").status == 200
    assert browser.request("GET", "/api/me").json["identity"]["username"] == "ada"
    stranger = Browser(shared_notebook.address)
    again = stranger.request("GET", f"/ramon/enter?ticket={ticket}")
    assert again.status == 403
    assert OPEN_URL.encode() in again.body
    assert not stranger.cookies


@pytest.mark.parametrize(
    ("names", "page"),
    [
        (["a b.ipynb"], "/lab/tree/a%20b.ipynb"),
        (["a.ipynb", "b.ipynb"], "/lab"),
        (["x.py"], "/lab"),
    ],
)
def test_the_only_notebook_there_is_is_opened(
    service: FakeService, start: Start, names: list[str], page: str
) -> None:
    for name in names:
        service.put_file(name, notebook_json())
    answer = Browser(start().address).request(
        "GET", f"/ramon/enter?ticket={service.issue_ticket()}"
    )
    assert answer.headers["Location"] == page


def test_who_has_no_cookie_is_led_to_the_application_or_refused(shared_notebook: Notebook) -> None:
    stranger = Browser(shared_notebook.address)
    for path in ("/lab", "/lab/tree/a.ipynb", "/files/a", "/login", "/nothing"):
        answer = stranger.request("GET", path)
        assert (answer.status, answer.headers.get("Location")) == (302, OPEN_URL), path
    for method, path in [
        ("GET", "/api/contents"),
        ("POST", "/api/kernels"),
        ("PUT", "/api/contents/x"),
        ("GET", "/api/kernels/x/channels"),
        ("POST", "/api/shutdown"),
        ("GET", "/terminals/websocket/1"),
        ("POST", "/ramon/executions/x?session=1"),
        ("GET", "/proxy/8000/x"),
    ]:
        assert stranger.request(method, path, Accept="*/*").status in (403, 404), path
    stranger.cookies["__Host-ramon-notebook"] = "guessed"
    assert stranger.request("GET", "/api/contents", Accept="*/*").status == 403
    token = stranger.request("GET", "/api/contents", Accept="*/*", Authorization=f"token {TOKEN}")
    assert token.status == 403


def test_another_host_another_site_and_a_missing_token_are_refused(browser: Browser) -> None:
    assert browser.save("a.txt", "x").status == 201
    for headers in (
        {"Host": "evil.example"},
        {"Host": browser.address},
        {"Origin": "http://evil.example"},
        {"X_XSRFToken": ""},
    ):
        model = {"type": "file", "format": "text", "content": "y"}
        answer = browser.request("PUT", "/api/contents/a.txt", model, Accept="*/*", **headers)
        assert answer.status in (403, 404), headers
    kernel_id = browser.open_kernel()
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    path = f"/api/kernels/{kernel_id}/channels"
    foreign = browser.request("GET", path, Origin="http://evil.example", **upgrade)
    assert foreign.status in (403, 404)


def test_a_saved_file_is_in_a_new_snapshot_within_two_seconds(
    service: FakeService, notebook: Notebook
) -> None:
    assert notebook.browser().save("a.txt", "one").status == 201
    saved_at = (notebook.workspace / "a.txt").stat().st_mtime
    eventually(lambda: notebook.saved("a.txt", "one"))
    assert service.saved_when["a.txt"] - saved_at < 2
    (notebook.workspace / "a.txt").rename(notebook.workspace / "b.txt")
    eventually(lambda: set(service.entries) == {"b.txt"})
    (notebook.workspace / "b.txt").chmod(0o600)
    eventually(lambda: service.entries["b.txt"]["mode"] == 0o600)
    (notebook.workspace / "b.txt").unlink()
    eventually(lambda: not service.entries)


def test_asked_to_stop_the_server_saves_everything_and_exits_with_0(notebook: Notebook) -> None:
    for number in range(50):
        notebook.write(f"d/{number}", str(number))
    assert notebook.stop() == 0
    assert all(notebook.saved(f"d/{number}", str(number)) for number in range(50))


class FailingServer(Notebook):
    """A notebook server whose kernels and clusters can't be ended."""

    program = (BIN / "python", Path(__file__).with_name("failing_server.py"))


def test_a_server_saves_everything_and_exits_even_if_something_of_it_does_not_end(
    service: FakeService, tmp_path: Path
) -> None:
    with FailingServer(service, tmp_path, {}) as notebook:
        notebook.wait_until_ready()
        notebook.browser().open_kernel()
        notebook.write("late.txt", "saved all the same")
        assert notebook.stop() == 0
        assert notebook.saved("late.txt", "saved all the same")
        assert "Stopping goes on without" in notebook.log.read_text()


def test_a_server_that_is_asked_to_stop_while_it_writes_to_its_log_stops(
    service: FakeService, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    os.mkfifo(log)
    reader = os.open(log, os.O_RDWR | os.O_NONBLOCK)
    with Notebook(service, tmp_path, {}) as notebook, ThreadPoolExecutor(1) as pool:
        notebook.wait_until_ready()
        browser = notebook.browser()
        with suppress(BlockingIOError):
            while os.write(reader, b"." * 4096):
                pass
        asked = pool.submit(browser.request, "GET", "/api/no-such-address")
        wchan = Path(f"/proc/{notebook.process.pid}/wchan")
        eventually(lambda: "pipe" in wchan.read_text())
        notebook.process.send_signal(signal.SIGTERM)
        eventually(lambda: not pending(notebook.process.pid, signal.SIGTERM))

        def ended() -> bool:
            with suppress(BlockingIOError):
                os.read(reader, 1 << 16)
            return notebook.process.poll() is not None

        eventually(ended)
        assert notebook.process.returncode == 0
        asked.exception()
    os.close(reader)


def pending(pid: int, number: signal.Signals) -> bool:
    """Whether a process was sent a signal, and has not taken it yet."""
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = re.findall(r"^ShdPnd:\s*(\w+)", status, re.MULTILINE)
    return bool(int(mask, 16) & 1 << number - 1)


def test_a_server_that_could_not_save_says_so_by_its_exit_code(
    service: FakeService, notebook: Notebook
) -> None:
    service.quota_bytes = 10
    notebook.write("large", b"x" * 100)
    assert notebook.stop() == 75


def test_a_server_that_stops_goes_on_trying_to_save_until_the_service_is_there_again(
    service: FakeService, notebook: Notebook
) -> None:
    tried: list[str] = []

    def away(_method: str, path: str) -> Fault:
        if path.endswith("/workspace/uploads"):
            tried.append(path)
        return Fault(500)

    service.faults = away
    notebook.write("unsaved.txt", "written in the outage")
    notebook.process.send_signal(signal.SIGTERM)
    count = len(tried)
    eventually(lambda: len(tried) > count + 3)

    service.faults = lambda *_: None

    assert notebook.process.wait(30) == 0
    assert notebook.saved("unsaved.txt", "written in the outage")


def test_after_kill_9_a_new_server_has_what_was_saved(service: FakeService, start: Start) -> None:
    first = start()
    first.write("a.txt", "kept")
    eventually(lambda: first.saved("a.txt", "kept"))
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    service.ready.clear()
    assert (start().workspace / "a.txt").read_text() == "kept"


def test_a_server_restarted_in_its_own_home_keeps_what_it_finds(
    service: FakeService, start: Start
) -> None:
    first = start()
    first.write("a.txt", "saved")
    eventually(lambda: first.saved("a.txt", "saved"))
    first.process.kill()
    first.process.wait()
    first.write("b.txt", "newer than any snapshot")
    service.ready.clear()
    second = start(home=first.home)
    eventually(lambda: second.saved("b.txt", "newer than any snapshot"))
    assert second.saved("a.txt", "saved")


def test_a_folder_with_somebodys_files_is_never_taken_for_a_workspace(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "work").mkdir()
    mine = tmp_path / "work" / "mine"
    mine.write_text("mine")
    refused = start(home=tmp_path, ready=False)
    assert refused.process.wait(60) == 70
    assert mine.read_text() == "mine"


def test_a_full_workspace_fails_a_save_aloud_and_goes_on_with_deletes(
    service: FakeService, start: Start
) -> None:
    service.quota_bytes = 1000
    service.put_file("old.txt", b"o" * 600)
    notebook = start()
    browser = notebook.browser()
    refused = browser.save("new.txt", "n" * 600)
    assert refused.status == 507
    assert "workspace is full" in refused.json["message"]
    assert not (notebook.workspace / "new.txt").exists()
    notebook.write("by-code.txt", "c" * 600)
    eventually(lambda: service.heartbeats and "full" in str(service.heartbeats[-1]["workspace"]))
    assert service.heartbeats[-1]["workspace"]["pending_files"] == 1
    assert browser.save("small.txt", "s").status == 507
    assert browser.request("DELETE", "/api/contents/old.txt", Accept="*/*").status == 204
    eventually(lambda: notebook.saved("by-code.txt", "c" * 600))
    assert browser.save("small.txt", "s").status == 201


def test_a_file_is_one_file_however_its_name_is_composed(shared_notebook: Notebook) -> None:
    browser = shared_notebook.browser()
    decomposed, composed = (quote(f"spelled {name}.txt") for name in ("e\u0301", "é"))

    assert browser.save(decomposed, "first").status == 201
    assert browser.save(composed, "second").status == 200
    assert (shared_notebook.workspace / "spelled é.txt").read_text() == "second"
    assert browser.request("GET", f"/api/contents/{decomposed}", Accept="*/*").status == 200

    by_code = shared_notebook.workspace / "by code o\u0308.txt"
    by_code.write_text("code's own")
    answer = browser.request("GET", f"/api/contents/{quote('by code ö.txt')}", Accept="*/*")
    assert answer.json["content"] == "code's own"
    assert by_code.exists(), "what code has named keeps its name"


@pytest.mark.parametrize("letter", ["k", "海", "🌊"])
def test_a_new_file_gets_no_name_that_the_disk_does_not_take(
    shared_notebook: Notebook, letter: str
) -> None:
    browser = shared_notebook.browser()
    longest = letter * (251 // len(letter.encode())) + ".txt"

    assert browser.save(quote(longest), "text").status == 201
    refused = browser.save(quote(letter + longest), "text")

    assert refused.status == 400
    assert "255 bytes" in refused.json["message"]


@pytest.mark.parametrize("name", ["a\u202eb.txt", "a\u2028b.txt", "a\x07b.txt"])
def test_a_new_file_gets_no_name_that_hides_or_reorders(
    shared_notebook: Notebook, name: str
) -> None:
    browser = shared_notebook.browser()

    refused = browser.save(quote(name), "text")

    assert refused.status == 400
    assert "A file's name can't hold" in refused.json["message"]
    (shared_notebook.workspace / name).write_text("code's own")
    assert browser.save(quote(name), "text").status == 200, "what is there can be saved"


def test_the_heartbeat_tells_of_activity_kernels_memory_and_the_workspace(
    service: FakeService, notebook: Notebook
) -> None:
    eventually(lambda: service.heartbeats)
    first = service.heartbeats[-1]
    assert first["kernels"] == first["busy_kernels"] == 0
    assert first["memory_limit_bytes"] == 2 << 30
    assert first["memory_bytes"] > 20 << 20
    assert first["workspace"]["error"] is None
    browser = notebook.browser()
    kernel_id = browser.open_kernel()
    browser.run(
        kernel_id, "import time; print('begun', flush=True); time.sleep(30)", leave_at="begun"
    )
    count = len(service.heartbeats)
    eventually(lambda: len(service.heartbeats) > count + 2)
    busy = service.heartbeats[-1]
    assert busy["busy_kernels"] == busy["kernels"] == 1
    assert busy["last_activity"] > first["last_activity"]
    assert (
        browser.request("POST", f"/api/kernels/{kernel_id}/interrupt", Accept="*/*").status == 204
    )
    eventually(lambda: service.heartbeats[-1]["busy_kernels"] == 0)


def test_a_page_that_only_asks_for_lists_is_no_activity(
    service: FakeService, notebook: Notebook
) -> None:
    browser = notebook.browser()
    kernel_id = browser.open_kernel()
    browser.run(kernel_id, "1")
    eventually(lambda: service.heartbeats[-1]["kernels"] == 1)
    count = len(service.heartbeats)
    eventually(lambda: len(service.heartbeats) > count + 1)
    quiet = service.heartbeats[-1]["last_activity"]
    for path in ("contents", "kernels", "sessions", "terminals", "kernelspecs", "me"):
        assert browser.request("GET", f"/api/{path}?no_cache=1", Accept="*/*").status == 200
    count = len(service.heartbeats)
    eventually(lambda: len(service.heartbeats) > count + 3)
    assert service.heartbeats[-1]["last_activity"] == quiet
    browser.save("a.txt", "typed")
    eventually(lambda: service.heartbeats[-1]["last_activity"] > quiet)


def test_a_page_that_saves_by_itself_is_no_activity_but_what_somebody_wrote_is(
    service: FakeService, notebook: Notebook
) -> None:
    browser = notebook.browser()

    def save(source: str, printed: str) -> None:
        content = json.loads(notebook_json(source))
        printing = {"output_type": "stream", "name": "stdout", "text": printed}
        content["cells"][0]["outputs"] = [printing]
        model = {"type": "notebook", "format": "json", "content": content}
        answer = browser.request("PUT", "/api/contents/by-itself.ipynb", model, Accept="*/*")
        assert answer.status in (200, 201), answer.body

    def last() -> str:
        count = len(service.heartbeats)
        eventually(lambda: len(service.heartbeats) > count + 2)
        activity: str = service.heartbeats[-1]["last_activity"]
        return activity

    save("forever()", "1")
    before = last()
    for number in range(2, 5):
        save("forever()", str(number))
    assert last() == before, "a thread prints, and the page saves it"
    save("forever()  # typed", "4")
    eventually(lambda: service.heartbeats[-1]["last_activity"] > before)


@pytest.mark.parametrize("status", [503, 401, 404])
def test_a_service_that_is_away_costs_the_notebook_nothing(
    service: FakeService, notebook: Notebook, status: int
) -> None:
    browser = notebook.browser()
    service.faults = lambda *_: Fault(status)
    assert browser.save("a.txt", "while away").status == 201
    kernel_id = browser.open_kernel()
    assert browser.run(kernel_id, "6 * 7").text == "42"
    count = len(service.heartbeats)
    service.faults = lambda *_: None
    eventually(lambda: notebook.saved("a.txt", "while away"))
    eventually(lambda: len(service.heartbeats) > count)


def test_a_server_that_is_no_longer_wanted_ends(service: FakeService, notebook: Notebook) -> None:
    service.faults = lambda *_: Fault(410)
    assert notebook.process.wait(30) == 0


def test_a_server_that_may_not_boot_exits_with_70(service: FakeService, start: Start) -> None:
    service.faults = lambda *_: Fault(401)
    assert start(ready=False).process.wait(60) == 70


def test_missing_settings_are_all_named(start: Start) -> None:
    refused = start(ready=False, RAMON_API_URL="", RAMON_SERVER_ID="")
    assert refused.process.wait(60) == 70
    assert "RAMON_API_URL, RAMON_SERVER_ID" in refused.log.read_text()


def test_faults_while_it_starts_only_delay_it(service: FakeService, start: Start) -> None:
    service.put_file("a.txt", b"x")
    failing = {"/api/agent/boot": 2, "/manifests": 1, "/blobs": 1, "/api/agent/ready": 2}

    def fail_first(_method: str, path: str) -> Fault | None:
        for prefix, left in failing.items():
            if path.startswith(prefix) and left:
                failing[prefix] -= 1
                return Fault(500)
        return None

    service.faults = fail_first
    assert (start().workspace / "a.txt").read_bytes() == b"x"
    assert not any(failing.values())


def test_code_in_the_notebook_finds_no_secret_of_the_agent(
    shared_notebook: Notebook, browser: Browser
) -> None:
    code = """
        import os, pathlib
        environ = " ".join(f"{k}={v}" for k, v in os.environ.items())
        environ += pathlib.Path("/proc/self/environ").read_text()
        print(environ)
    """
    kernel_id = browser.open_kernel()
    seen = browser.run(kernel_id, "\n".join(line.strip() for line in code.splitlines()))
    assert seen.error is None
    assert TOKEN not in seen.text
    assert set(re.findall(r"RAMON_\w+", seen.text)) == {"RAMON_SOCKET"}
    assert "AWS_" not in seen.text
    # What the server's own process still has in memory is for nobody but root (PR_SET_DUMPABLE).
    owner = Path(f"/proc/{shared_notebook.process.pid}/environ").stat().st_uid
    assert owner == 0 or os.geteuid() == 0


def test_the_page_offers_no_way_to_shut_the_server_down_and_fetches_no_news(
    browser: Browser,
) -> None:
    page = browser.request("GET", "/lab").body.decode()
    start = page.index(">", page.index('id="jupyter-config-data"')) + 1
    config = json.loads(page[start : page.index("</script>", start)])
    assert config["quitButton"] is False
    assert config["token"] == ""
    assert "@jupyterlab/apputils-extension:announcements" in config["disabledExtensions"]
    assert "ramon-notebook" in {e["name"] for e in config["federated_extensions"]}
    settings = browser.request("GET", "/lab/api/settings", Accept="*/*").json["settings"]
    schemas = {item["id"]: item["schema"] for item in settings}
    themes = schemas["@jupyterlab/apputils-extension:themes"]["properties"]
    assert themes["adaptive-theme"]["default"] is True


def test_no_ticket_and_no_token_is_in_the_log(shared_notebook: Notebook) -> None:
    shared_notebook.browser()
    log = shared_notebook.log.read_text()
    assert "/ramon/enter" in log
    assert "ticket-" not in log
    assert TOKEN not in log
