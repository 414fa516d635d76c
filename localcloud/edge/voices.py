"""Which agents have told that they live: whoever moves the clock waits for them."""

import re
import time

from localcloud.edge.asgi import App, Receive, Scope, Send

TOLD = re.compile(r"/api/agent/(?:heartbeat|clusters/[^/]+/report)")
"""Paths of what an agent tells again and again while its server, or a cluster of it, lives."""


class Voices:
    """The ASGI application below `/api/`, which remembers who told last when.

    Times are those of `time.monotonic`: when the request came that has been answered.
    """

    def __init__(self, api: App) -> None:
        self._api = api
        self._told: dict[tuple[bytes, str], float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        came = time.monotonic()
        await self._api(scope, receive, send)
        if TOLD.fullmatch(scope["path"]):
            self._told[_authorization(scope), scope["path"]] = came

    def all_told_since(self, moment: float, seconds: float) -> bool:
        """Whether all who told in so many seconds before a moment have told since."""
        known = [told for told in self._told.values() if told > moment - seconds]
        return all(told >= moment for told in known)


def _authorization(scope: Scope) -> bytes:
    return next((value for name, value in scope["headers"] if name == b"authorization"), b"")
