"""`/api/*`: CloudFront's way to API Gateway, by a call within the process."""

import asyncio
from urllib.parse import parse_qs

from ministack.core.sigv4 import decode_header_value
from ministack.services import apigateway_v1

from localcloud.aws import deployed
from localcloud.edge.asgi import (
    BodyTooLarge,
    Disconnected,
    Receive,
    Scope,
    Send,
    read_body,
    respond,
    respond_error,
)
from localcloud.edge.error_cache import ErrorCache
from localcloud.edge.security_headers import HeaderPolicy

LARGEST_BODY = 10 * 1024 * 1024
"""Bytes that API Gateway takes (its quota "Payload size")."""

LONGEST_CALL = 29.0
"""Seconds that API Gateway waits for a function (its quota "Integration timeout")."""

FROM_CLIENT_IGNORED = ("x-forwarded-", "forwarded", "x-real-ip", "x-amz", "via")
"""Headers that only a proxy may set; a client's are dropped."""

DROPPED = ("connection", "content-length", "transfer-encoding", "keep-alive")
"""Response headers that the HTTP server makes itself."""


class Api:
    """The ASGI application below `/api/`; the first part of the path is the stage."""

    def __init__(self, port: int, security_headers: HeaderPolicy) -> None:
        self._port = port
        self._security_headers = security_headers
        self._errors = ErrorCache()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            body = await read_body(scope, receive, LARGEST_BODY)
        except BodyTooLarge:
            text = f"A request may have at most {LARGEST_BODY // 2**20} MB."
            await respond_error(send, 413, "too_large", text)
            return
        except Disconnected:
            return
        _, stage, path = scope["path"].split("/", 2)
        api_id = deployed.rest_api(stage)
        if api_id is None:
            text = "The service is not deployed yet. Wait for the launcher to say that it is ready."
            await respond_error(send, 503, "not_deployed", text)
            return
        held = self._errors.find(scope)
        if held:
            await self._answer(send, *held)
            return
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        call = apigateway_v1.handle_execute(
            api_id, stage, scope["method"], f"/{path}", self._headers(scope), body, query
        )
        try:
            status, headers, content = await asyncio.wait_for(call, LONGEST_CALL)
        except TimeoutError:
            text = "The service took too long to answer. Please try again."
            await respond_error(send, 504, "timeout", text)
            return
        self._errors.note(scope, (status, headers, content))
        await self._answer(send, status, headers, content)

    def _headers(self, scope: Scope) -> dict[str, str]:
        headers: dict[str, str] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1"), decode_header_value(raw_value)
            if name.startswith(FROM_CLIENT_IGNORED):
                continue
            if name in headers:
                headers[name] += ("; " if name == "cookie" else ", ") + value
            else:
                headers[name] = value
        return headers | {
            "x-forwarded-for": scope["client"][0],
            "x-forwarded-port": str(self._port),
            "x-forwarded-proto": "http",
        }

    async def _answer(
        self, send: Send, status: int, headers: dict[str, object], content: str | bytes
    ) -> None:
        body = content.encode() if isinstance(content, str) else content
        lines = [
            (name.lower().encode("latin-1"), str(value).encode("latin-1", "replace"))
            for name, values in headers.items()
            if name.lower() not in DROPPED
            for value in (values if isinstance(values, list) else [values])
        ]
        if status in (204, 304):
            lines = [line for line in lines if line[0] != b"content-type"]
        await respond(send, status, self._security_headers.added_to(lines), body)
