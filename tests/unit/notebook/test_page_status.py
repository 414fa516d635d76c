"""What a page is told of a kernel's state while a cell runs."""

import asyncio
import json
import uuid
from typing import Any

import aiohttp

from tests.unit.notebook.parts import Browser, Notebook, execute_request

SECONDS = 2


async def states(browser: Browser, kernel_id: str) -> list[tuple[str, str]]:
    """Each state that a page is told, and after what, while a cell runs and something else ends."""
    session = uuid.uuid4().hex
    path = f"/api/kernels/{kernel_id}/channels?session_id={session}"
    cell = execute_request(f"import time; time.sleep({SECONDS})", "c0", session)
    other = cell | {
        "channel": "control",
        "header": cell["header"] | {"msg_id": "other", "msg_type": "create_subshell_request"},
        "content": {},
    }
    told: list[tuple[str, str]] = []
    async with aiohttp.ClientSession() as client, browser.connect(client, path) as ws:
        await ws.send_json(cell)
        async for received in ws:
            message: dict[str, Any] = json.loads(received.data)
            if message["msg_type"] == "execute_input":
                await ws.send_json(other)
            if message["msg_type"] == "status":
                after = message["parent_header"].get("msg_type", "")
                told.append((after, message["content"]["execution_state"]))
                if told[-1] == ("execute_request", "idle"):
                    return told
    raise AssertionError(told)


def test_a_page_is_told_that_the_cell_still_runs_after_something_else_has_ended(
    shared_notebook: Notebook,
) -> None:
    browser = shared_notebook.browser()
    told = asyncio.run(states(browser, browser.open_kernel("status.ipynb")))
    ended = told.index(("create_subshell_request", "idle"))
    assert told[ended + 1 :] == [("execute_request", "busy"), ("execute_request", "idle")]
