"""A page of JupyterLab as the server sees it: what it shows, runs, saves, and that it leaves."""

from __future__ import annotations

import asyncio
import copy
import json
import threading
import uuid
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import quote, urlencode

import aiohttp

from tests.support import eventually
from tests.unit.notebook.parts import PORT, Browser, execute_request

Cell = dict[str, Any]


class Loop:
    """An event loop in a thread, for the sockets of all pages of a test."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result of some work in the loop."""
        return self.begin(work).result(30)

    def begin(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Begin some work in the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)


class Connection:
    """A connection to a kernel; `hear` gets every message that the kernel publishes."""

    def __init__(self, loop: Loop, browser: Browser, kernel_id: str) -> None:
        self.session = uuid.uuid4().hex
        self.kernel_id = kernel_id
        self.hear: Callable[[dict[str, Any]], None] = lambda _: None
        self._loop = loop
        self._browser = browser
        self._listening: Future[Any] | None = None
        self._socket: Any = None

    def connect(self) -> None:
        """Connect; the same session as before, if it was connected before."""
        ready = threading.Event()
        self._listening = self._loop.begin(self._listen(ready))
        eventually(lambda: ready.is_set() or self._listening_has_failed())

    def close(self) -> None:
        """Close the connection, as a page that is closed does."""
        if self._listening is not None:
            self._loop.do(self._socket.close())
            self._listening.result(30)
            self._listening = None

    def execute(self, code: str, cell_id: str | None, **content: Any) -> None:
        """Ask the kernel to run code."""
        request = execute_request(code, cell_id, self.session)
        request["content"].update(content)
        self.send(request)

    def send(self, request: dict[str, Any]) -> None:
        """Send a message to the kernel."""
        self._loop.do(self._socket.send_json(request))

    def _listening_has_failed(self) -> bool:
        if self._listening is not None and self._listening.done():
            self._listening.result()
        return False

    async def _listen(self, ready: threading.Event) -> None:
        url = f"ws://{self._browser.address}:{PORT}/api/kernels/{self.kernel_id}/channels"
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(
                f"{url}?session_id={self.session}",
                headers=self._browser.socket_headers(),
                max_msg_size=0,
            ) as self._socket,
        ):
            ready.set()
            async for message in self._socket:
                heard = json.loads(message.data)
                if heard.get("channel") == "iopub":
                    self.hear(heard)


class Page:
    """Shows one notebook file, with what its kernel publishes for its own cells.

    tells_what_it_shows: whether it tells so with each save, as pages do since November 2026.
    """

    tells_what_it_shows = True

    def __init__(self, loop: Loop, browser: Browser, path: str) -> None:
        self.path = path
        self.cells: list[Cell] = []
        self.connection: Connection
        self._loop = loop
        self._browser = browser
        self._hash: str | None = None
        self._notebook: dict[str, Any] = {}
        self._running: dict[str, str] = {}
        self._shows: dict[str, str] = {}
        self._runs: list[str] = []
        self._skip: dict[str, set[str]] = {}
        self._told_last = ""
        self._heard: deque[str] = deque(maxlen=50)
        self._lock = threading.RLock()

    def open(self, kernel_id: str | None = None) -> Self:
        """Read the file, connect to its kernel (or to another one), take over what runs."""
        self._read()
        self.connection = Connection(self._loop, self._browser, self._kernel(kernel_id))
        self.connection.hear = self._hear
        self.connection.connect()
        self._take_over()
        return self

    @property
    def kernel_id(self) -> str:
        """The kernel that the page is connected to."""
        return self.connection.kernel_id

    def close(self) -> None:
        """Close the page, saved or not."""
        self.connection.close()

    def fall_asleep(self) -> None:
        """Lose the connection, as a laptop does that is shut."""
        self.connection.close()

    def wake_up(self) -> None:
        """Connect again, and ask for what was missed."""
        heard = list(self._heard)
        self.connection.connect()
        self._take_over(heard)

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Take in no message meanwhile."""
        with self._lock:
            yield

    def cell(self, cell_id: str) -> Cell:
        """One of the cells that the page shows."""
        (cell,) = [cell for cell in self.cells if cell["id"] == cell_id]
        return cell

    def run(self, cell_id: str) -> str:
        """Run a cell; the id of the request."""
        cell = self.cell(cell_id)
        request = execute_request(cell["source"], cell_id, self.connection.session)
        msg_id: str = request["header"]["msg_id"]
        with self._lock:
            cell.update(outputs=[], execution_count=None)
            self._running = {m: c for m, c in self._running.items() if c != cell_id}
            self._running[msg_id] = cell_id
            self._shows[cell_id] = msg_id
            self._runs.append(msg_id)
        self.connection.send(request)
        return msg_id

    def runs(self, cell_id: str) -> bool:
        """Whether a run of the cell has not ended yet, as far as the page knows."""
        return cell_id in self._running.values()

    def text(self, cell_id: str) -> str:
        """What the page shows under a cell."""
        with self._lock:
            return shown_text(self.cell(cell_id))

    def clear(self, cell_id: str) -> None:
        """Clear the outputs of a cell."""
        with self._lock:
            self.cell(cell_id).update(outputs=[], execution_count=None)

    def cut_and_paste(self, cell_id: str, at: int = 0) -> None:
        """Cut a cell and paste it: it keeps its id, and shows nothing more of a run of before."""
        with self._lock:
            cell = self.cell(cell_id)
            self.cells.remove(cell)
            self.cells.insert(at, copy.deepcopy(cell))
            self._shows.pop(cell_id, None)
            self._running = {m: c for m, c in self._running.items() if c != cell_id}

    def save(self, draft: dict[str, Any] | None = None) -> bool:
        """Save as JupyterLab does: not when somebody else has changed the file since."""
        draft = draft or self.draft()
        file = f"/api/contents/{quote(self.path)}"
        known = self.looks()
        if known is not None and known != self._hash:
            return False
        answer = self._browser.request("PUT", file, draft, Accept="*/*")
        assert answer.status in (200, 201), answer.body
        self._hash = self.looks()
        return True

    def draft(self) -> dict[str, Any]:
        """What a save that begins now will send, a moment later."""
        with self._lock:
            content: dict[str, Any] = self._notebook | {"cells": copy.deepcopy(self.cells)}
            saving: dict[str, Any] = {
                "kernel": self.kernel_id,
                "session": self.connection.session,
                "seen": [self._told_last, *self._heard],
            }
            if self.tells_what_it_shows:
                saving["runs"] = list(self._runs)
                saving["shows"] = [
                    self._shows[c["id"]] for c in self.cells if c["id"] in self._shows
                ]
        return {"type": "notebook", "format": "json", "content": content, "ramon": saving}

    def looks(self) -> str | None:
        """The hash of the file as the server tells it; None if it is not there."""
        url = f"/api/contents/{quote(self.path)}?content=0&hash=1"
        answer = self._browser.request("GET", url, Accept="*/*")
        found: str | None = answer.json["hash"] if answer.status == 200 else None
        return found

    def _read(self) -> None:
        url = f"/api/contents/{quote(self.path)}?content=1&hash=1&type=notebook"
        answer = self._browser.request("GET", url, Accept="*/*")
        assert answer.status == 200, answer.body
        self._notebook = answer.json["content"]
        self.cells = self._notebook["cells"]
        self._hash = answer.json["hash"]

    def _kernel(self, kernel_id: str | None) -> str:
        kernel = {"id": kernel_id} if kernel_id else {"name": "python3"}
        session = {"path": self.path, "type": "notebook", "name": self.path, "kernel": kernel}
        answer = self._browser.request("POST", "/api/sessions", session, Accept="*/*")
        assert answer.status == 201, answer.body
        found: str = answer.json["kernel"]["id"]
        return found

    def _take_over(self, heard: Iterable[str] = ()) -> None:
        asked = {"session": self.connection.session, "path": self.path, "heard": list(heard)}
        query = urlencode(asked, doseq=True)
        url = f"/ramon/executions/{self.kernel_id}?{query}"
        with self._lock:
            answer = self._browser.request("POST", url, Accept="*/*").json
            for execution in answer["executions"]:
                for cell in self.cells:
                    if cell["id"] == execution["cell_id"]:
                        self._adopt(cell, execution)
            self._told_last = answer["last"]

    def _adopt(self, cell: Cell, execution: dict[str, Any]) -> None:
        cell.update(outputs=[], execution_count=execution["execution_count"])
        for message in execution["messages"]:
            show(cell, message["kind"], message["content"])
        self._running.pop(execution["msg_id"], None)
        self._shows[cell["id"]] = execution["msg_id"]
        self._runs.append(execution["msg_id"])
        if execution["running"]:
            self._running[execution["msg_id"]] = cell["id"]
            self._skip[execution["msg_id"]] = set(execution["seen"])

    def _hear(self, message: dict[str, Any]) -> None:
        with self._lock:
            msg_id = (message.get("parent_header") or {}).get("msg_id", "")
            cell_id = self._running.get(msg_id)
            known = message["header"]["msg_id"] in self._skip.get(msg_id, ())
            if cell_id is not None and not known:
                for cell in self.cells:
                    if cell["id"] == cell_id:
                        show(cell, message["header"]["msg_type"], message["content"])
                if message["content"].get("execution_state") == "idle":
                    del self._running[msg_id]
            self._heard.append(message["header"]["msg_id"])


def show(cell: Cell, kind: str, content: dict[str, Any]) -> None:
    """Show under a cell what one message of the kernel says; no carriage returns."""
    outputs = cell["outputs"]
    if kind == "execute_input":
        cell["execution_count"] = content["execution_count"]
    elif kind == "stream":
        last = outputs[-1] if outputs else {}
        if last.get("output_type") == "stream" and last["name"] == content["name"]:
            last["text"] = shown_text({"outputs": [last]}) + content["text"]
        else:
            outputs.append({"output_type": "stream"} | content)
    elif kind in ("display_data", "execute_result", "error"):
        outputs.append({"output_type": kind} | {k: content[k] for k in content if k != "transient"})
    elif kind == "clear_output":
        outputs.clear()


def shown_text(cell: Cell) -> str:
    """All text that a cell shows."""
    texts = []
    for output in cell["outputs"]:
        text = output.get("text", output.get("evalue", ""))
        if "data" in output:
            text = output["data"]["text/plain"]
        texts.append("".join(text))
    return "".join(texts)
