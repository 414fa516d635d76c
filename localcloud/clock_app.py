"""The clock's address, `http://127.0.0.1:PORT/_stand_in/clock`: GET shows it, POST moves it.

A POST must be JSON, which a web page of another origin cannot send without asking first.
"""

import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from localcloud.advance import Advance
from localcloud.clock_command import DONE, PATH


class ClockApp:
    """Moves one clock, one move at a time."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._moving = False

    def route(self) -> Route:
        """Where it is."""
        return Route(PATH, self._handle, methods=["GET", "POST"])

    async def _handle(self, request: Request) -> Response:
        clock = self._advance.clock
        if request.method == "GET":
            return JSONResponse({"now": clock.seconds(), "ahead_seconds": clock.ahead})
        try:
            seconds = await _seconds(request)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        if self._moving:
            return JSONResponse({"error": "The clock is being moved already."}, 409)
        return StreamingResponse(self._move(seconds), media_type="text/plain; charset=utf-8")

    async def _move(self, seconds: int) -> AsyncIterator[str]:
        self._moving = True
        try:
            async for line in self._advance.by(seconds):
                yield f"{line}\n"
            yield f"{DONE}\n"
        finally:
            self._moving = False


async def _seconds(request: Request) -> int:
    """How far to move; raises ValueError."""
    if request.headers.get("content-type") != "application/json":
        raise ValueError("Send JSON, with Content-Type: application/json.")
    value = json.loads(await request.body())
    seconds = value.get("advance_seconds") if isinstance(value, dict) else None
    if not isinstance(seconds, int) or seconds < 0:
        raise ValueError("advance_seconds must be a whole number, not less than 0.")
    return seconds
