"""What the front door answers itself, by the request's host and path."""

from collections.abc import Mapping
from email.utils import formatdate

from localcloud.clock import CLOCK
from localcloud.edge.asgi import App, Message, Receive, Scope, Send, respond, respond_html
from localcloud.edge.head import BadHead, host_name
from localcloud.edge.pages import page


class EdgeApp:
    """The ASGI application behind the hosts `localhost` and `127.0.0.1`.

    `others` are what stands in for other companies, by the first part of the path; they have the
    host `127.0.0.1`, so that no cookie of the app ever goes there.
    """

    def __init__(self, origin: str, api: App, site: App, others: Mapping[str, App]) -> None:
        self._origin = origin
        self._api = api
        self._site = site
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one request. Every answer carries the time, as the stand-in's clock tells it."""
        send = _dated(send)
        host, path = _host(scope), scope["path"]
        if host not in ("localhost", "127.0.0.1"):
            text = f"This address is not served here. Go to {self._origin}"
            await respond_html(send, 421, page("Wrong address", text))
        elif path.startswith("/api/"):
            await self._api(scope, receive, send)
        elif host == "localhost":
            await self._site(scope, receive, send)
        elif other := self._others.get(path.split("/", 2)[1]):
            await other(scope, receive, send)
        elif path == "/":
            await respond(send, 307, [(b"location", f"{self._origin}/".encode())])
        else:
            text = f"There is nothing here. Go to {self._origin}"
            await respond_html(send, 404, page("Not found", text))


def _dated(send: Send) -> Send:
    async def dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            date = formatdate(CLOCK.time(), usegmt=True).encode()
            message = {**message, "headers": [*message["headers"], (b"date", date)]}
        await send(message)

    return dated


def _host(scope: Scope) -> str:
    values = [value for name, value in scope["headers"] if name == b"host"]
    try:
        return host_name(values[0].decode("latin-1")) if len(values) == 1 else ""
    except BadHead:
        return ""
