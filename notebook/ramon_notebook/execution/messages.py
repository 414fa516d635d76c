"""Messages of pages to kernels, as far as somebody here wants to know them."""

# Jupyter's functions are partly untyped.
# mypy: allow-untyped-calls

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from jupyter_server.services.kernels.connection.base import deserialize_binary_message

from ramon_notebook.execution.answers import ASKED

V1 = "v1.kernel.websocket.jupyter.org"
"""The protocol that JupyterLab speaks: messages in parts."""

PARTS = ("header", "parent_header", "metadata", "content")
"""What a message consists of, before its binary data."""

BY_A_PERSON = frozenset(
    {"execute_request", "input_reply", "complete_request", "inspect_request", "comm_msg"}
)
"""What pages send to kernels because somebody runs, answers, types or moves something."""

OF_INTEREST = ASKED | BY_A_PERSON
"""Kinds of messages of pages that are not merely passed on."""


def of_interest(incoming: bytes | str, *, v1: bool) -> dict[str, Any] | None:
    """The message, without binary data, if it is of a kind that is noted or answered here."""
    if isinstance(incoming, str):
        message: dict[str, Any] = json.loads(incoming)
    elif v1:
        parts = _parts(memoryview(incoming))
        if json.loads(bytes(parts[0]))["msg_type"] not in OF_INTEREST:
            return None
        message = {n: json.loads(bytes(part)) for n, part in zip(PARTS, parts, strict=False)}
    else:
        message = deserialize_binary_message(incoming)
    return message if message["header"]["msg_type"] in OF_INTEREST else None


def by_a_person(message: dict[str, Any]) -> bool:
    """Whether somebody's doing sends this, rather than a page that connects by itself."""
    kind = message["header"]["msg_type"]
    method = str(message["content"].get("data", {}).get("method")) if kind == "comm_msg" else ""
    return kind in BY_A_PERSON and not method.startswith("request_state")


def _parts(message: memoryview) -> list[memoryview]:
    """Header, parent header, metadata, content and buffers of a message, without copying them."""
    count = int.from_bytes(message[:8], "little")
    offsets = [int.from_bytes(message[8 * n : 8 * n + 8], "little") for n in range(1, count + 1)]
    return [message[start:end] for start, end in pairwise(offsets[1:])]
