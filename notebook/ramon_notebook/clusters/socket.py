"""The Unix socket on which kernels and terminals of this notebook ask for clusters."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tornado import web
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_unix_socket

from ramon_notebook.clusters.manager import Clusters
from ramon_notebook.errors import AgentError, Refused, Unavailable

NAME = r"(?P<name>[^/]+)"
"""The service says which names there may be."""

Find = Callable[[], Awaitable[Clusters]]


def serve(path: Path, clusters: Find) -> HTTPServer:
    """Answer on a socket at `path`, which the user's own processes alone can open.

    `clusters` is awaited for every request: there is nothing to manage before the boot.
    """
    given = {"clusters": clusters}
    application = web.Application(
        [
            (r"/clusters", All, given),
            (rf"/clusters/{NAME}", One, given),
            (rf"/clusters/{NAME}/scale", Scale, given),
            (rf"/clusters/{NAME}/close", Close, given),
            (rf"/clusters/{NAME}/stop", Stop, given),
            (rf"/clusters/{NAME}/environment", EnvironmentOf, given),
            (rf"/clusters/{NAME}/logs", Logs, given),
            (r"/usage", Usage, given),
        ],
        default_handler_class=Nothing,
        default_handler_args=given,
        log_function=_no_log,
    )
    server = HTTPServer(application)
    server.add_socket(bind_unix_socket(str(path), mode=0o600))
    return server


def _no_log(_handler: web.RequestHandler) -> None:
    """A kernel asks every second or so; only errors are worth the log."""


class Handler(web.RequestHandler):
    """What all requests have in common: JSON, and the service's form of an error."""

    def initialize(self, clusters: Find) -> None:
        """Remember where the clusters are."""
        self._find = clusters

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """An argument, in the composed form in which the service keeps names."""
        return unicodedata.normalize("NFC", super().decode_argument(value, name))

    async def prepare(self) -> None:
        """Wait until the agent has booted."""
        self.clusters = await self._find()

    def body(self) -> dict[str, Any]:
        """The request's JSON object. Raises Refused."""
        try:
            parsed = json.loads(self.request.body or b"{}")
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            raise Refused(400, "invalid", "The body must be a JSON object.", {})
        return parsed

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The error of the request, as the service would put it."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        code, message, details = "internal", "The notebook's agent failed; see its log.", {}
        if isinstance(error, Refused):
            status_code, code = error.status, error.code
            message, details = error.message, error.details
        elif isinstance(error, Unavailable):
            status_code, code = 503, "unavailable"
            message = f"The service does not answer right now; try again in a minute. ({error})"
        elif isinstance(error, AgentError):
            status_code, code, message = 410, "gone", "This notebook is being stopped."
        elif status_code in (404, 405):
            code, message = "not_found", "There is no such address."
        self.set_status(status_code)
        self.write({"error": {"code": code, "message": message, "details": details}})

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Only what nobody expected is worth the log."""
        if not isinstance(value, (AgentError, web.HTTPError)):
            super().log_exception(typ, value, tb)


class Nothing(Handler):
    """Every other address."""

    async def prepare(self) -> None:
        """There is nothing."""
        raise web.HTTPError(404)


class All(Handler):
    """`/clusters`."""

    async def get(self) -> None:
        """The clusters of this notebook."""
        self.write({"items": await self.clusters.items()})

    async def post(self) -> None:
        """Start one."""
        started = await self.clusters.create(self.body())
        self.set_status(201)
        self.write(started)


class One(Handler):
    """`/clusters/{name}`."""

    async def get(self, name: str) -> None:
        """A cluster and how to connect to it."""
        self.write(await self.clusters.get(name))


class Scale(Handler):
    """`/clusters/{name}/scale`."""

    async def post(self, name: str) -> None:
        """Have more or fewer workers."""
        body = self.body()
        scaled = await self.clusters.scale(name, body.get("workers", 0), body.get("retire") or [])
        self.write(scaled)


class Close(Handler):
    """`/clusters/{name}/close`."""

    async def post(self, name: str) -> None:
        """End a cluster that code has closed."""
        self.write(await self.clusters.close(name))


class Stop(Handler):
    """`/clusters/{name}/stop`."""

    async def post(self, name: str) -> None:
        """End a cluster that a person has stopped."""
        self.write(await self.clusters.close(name, by_person=True))


class EnvironmentOf(Handler):
    """`/clusters/{name}/environment`."""

    async def get(self, name: str) -> None:
        """What differs between kernel and workers."""
        folder = self.get_query_argument("folder", None)
        self.write({"changed": await self.clusters.changes(name, folder)})

    async def post(self, name: str) -> None:
        """Bring the workers up to date."""
        self.write({"changed": await self.clusters.renew(name, self.body().get("folder"))})


class Logs(Handler):
    """`/clusters/{name}/logs`."""

    async def get(self, name: str) -> None:
        """What workers wrote."""
        worker = self.get_query_argument("worker", None)
        cursor = self.get_query_argument("cursor", None)
        self.write(await self.clusters.logs(name, worker, cursor))


class Usage(Handler):
    """`/usage`."""

    async def get(self) -> None:
        """What was spent."""
        self.write(await self.clusters.usage())
