"""GetLogEvents as AWS documents it, where ministack is kinder.

A page has at most 10,000 events and 1 MB; a token of the forward direction needs `startFromHead`;
and a page may be empty although there is more: `EMPTY_PAGES` puts one before each, for tests.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from ministack.core.responses import error_response_json
from ministack.services import cloudwatch_logs

MOST_EVENTS = 10_000
MOST_BYTES = 1 << 20
OVERHEAD = 26
"""Bytes that each event counts beside its message."""

EMPTY_PAGES = False
"""Whether an empty page comes before each: AWS says that it may."""

_EMPTY = "e:"

Answer = tuple[int, dict[str, str], bytes]
Read = Callable[[dict[str, Any]], Answer]


def install() -> None:
    """Let the stand-in answer so."""
    cloudwatch_logs._get_log_events = strict(cloudwatch_logs._get_log_events)


def strict(read: Read) -> Read:
    """`read`, with AWS's limits."""

    def get_log_events(request: dict[str, Any]) -> Answer:
        token, limit = str(request.get("nextToken") or ""), request.get("limit", MOST_EVENTS)
        if not 1 <= limit <= MOST_EVENTS:
            return _refused(f"limit must be from 1 to {MOST_EVENTS}.")
        if token.removeprefix(_EMPTY).startswith("f/") and not request.get("startFromHead"):
            return _refused("A forward token needs startFromHead.")
        if not EMPTY_PAGES:
            return _page(read, request)
        if token.startswith(_EMPTY):
            return _after_empty(read, request, token)
        empty = {"events": [], "nextBackwardToken": _EMPTY + token}
        return 200, {}, msgspec.json.encode({**empty, "nextForwardToken": _EMPTY + token})

    return get_log_events


def _page(read: Read, request: dict[str, Any]) -> Answer:
    """A page of at most 1 MB, of those events that come first in its direction."""
    status, headers, body = read(request)
    events = msgspec.json.decode(body).get("events", [])
    from_head = request.get("startFromHead") or str(request.get("nextToken")).startswith("f/")
    size = 0
    for place, event in enumerate(events if from_head else reversed(events)):
        size += len(event["message"].encode()) + OVERHEAD
        if size > MOST_BYTES:
            return read({**request, "limit": max(place, 1)})
    return status, headers, body


def _after_empty(read: Read, request: dict[str, Any], token: str) -> Answer:
    inner = token.removeprefix(_EMPTY)
    status, headers, body = _page(read, {**request, "nextToken": inner or None})
    answer = msgspec.json.decode(body)
    for name in ("nextBackwardToken", "nextForwardToken"):
        if answer.get(name) == inner:  # the end, where the caller's token comes back
            answer[name] = token
    return status, headers, msgspec.json.encode(answer)


def _refused(message: str) -> Answer:
    answer: Answer = error_response_json("InvalidParameterException", message, 400)
    return answer
