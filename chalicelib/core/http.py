"""HTTP for every feature: routes with schemas, who is asking, one shape of error.

A feature declares a route once, and gets validation, authentication, serialisation and its
place in the OpenAPI document from that one declaration:

    api = Api("notebooks")

    @api.post("/notebooks", body=CreateNotebook, returns=Notebook, status=201,
              scope="notebooks:write")
    def create_notebook(call: Call, body: CreateNotebook) -> Notebook:
        "Create a notebook."

The first line of the docstring is the summary in the documentation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar

import msgspec
from chalice.app import Blueprint, Request, Response

from chalicelib.core import words
from chalicelib.core.access import Access, Principal, principal_of, signed_out
from chalicelib.core.entry_points import Declaration, Requests, Rights
from chalicelib.core.errors import (
    BadRequest,
    Invalid,
    RamonError,
    SignedOut,
    TooLarge,
    VersionRequired,
    error_body,
)
from chalicelib.core.observability import log

MAX_BODY = 1024 * 1024
"""Largest body of a request, in bytes. Files never come this way: they have presigned URLs."""

T = TypeVar("T")


P = TypeVar("P", bound=Principal)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as a handler sees it."""

    principal: Principal | None
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def account_id(self) -> str:
        """Whose request this is. Raises `SignedOut` on a public route without a session."""
        return self.caller.subject

    @property
    def caller(self) -> Principal:
        """Who is asking. Raises `SignedOut` if nobody is."""
        if self.principal is None:
            raise signed_out()
        return self.principal

    def caller_as(self, kind: type[P]) -> P:
        """Who is asking, as the kind that recognises callers of this route's access."""
        if not isinstance(self.caller, kind):
            raise TypeError(f"{self.caller.subject} was not recognised as {kind.__name__}")
        return self.caller

    def if_match(self) -> int:
        """The version that an update is based on, from `If-Match: "3"`."""
        value = self.headers.get("if-match", "")
        if not value:
            raise VersionRequired(
                'Send the version that you read as If-Match: "<version>", so that nobody\'s '
                "change is lost."
            )
        number = value.removeprefix("W/").strip('"')
        if not (number.isascii() and number.isdigit() and len(number) <= 9):
            raise BadRequest('If-Match must be a version such as "3".')
        return int(number)

    def limit(self, default: int, most: int) -> int:
        """How many items a page may have, from `?limit=`."""
        value = self.query.get("limit", str(default))
        if not (
            value.isascii() and value.isdigit() and len(value) <= 6 and 1 <= int(value) <= most
        ):
            raise Invalid(f"limit must be a number from 1 to {most}.", field="limit")
        return int(value)


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """A response that needs more than a body: headers, cookies, another status."""

    body: T
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """What is declared of one operation; the OpenAPI document is written from these."""

    method: str
    path: str
    handler: Callable[..., Any]
    tag: str
    access: Access
    scope: str | None
    body: Any
    returns: Any
    media: str
    status: int
    query: tuple[str, ...]
    versioned: bool


FUNCTION = Declaration(
    "api_handler", Requests(), may=(), alarm="api", memory_mib=1769, timeout_seconds=31
)
"""The function behind all routes: a whole processor, and a little more time than API Gateway waits
(29 s). It may do what its routes' `Api` declare."""


ROUTES: list[Route] = []
"""Every declared operation, in order of declaration."""


class Api:
    """A feature's routes, and what the API may do for their sake, by names of grants.

    `blueprint` is what `app.py` registers.
    """

    def __init__(self, tag: str, may: Rights = ()) -> None:
        self.tag = tag
        self.may = may
        self.blueprint = Blueprint(f"chalicelib.{tag}")

    def get(self, path: str, **declared: Any) -> Callable[[Callable[..., T]], Callable[..., T]]:
        """Declare a GET route; see `route`."""
        return self.route("GET", path, **declared)

    def post(self, path: str, **declared: Any) -> Callable[[Callable[..., T]], Callable[..., T]]:
        """Declare a POST route; see `route`."""
        return self.route("POST", path, **declared)

    def put(self, path: str, **declared: Any) -> Callable[[Callable[..., T]], Callable[..., T]]:
        """Declare a PUT route; see `route`."""
        return self.route("PUT", path, **declared)

    def patch(self, path: str, **declared: Any) -> Callable[[Callable[..., T]], Callable[..., T]]:
        """Declare a PATCH route; see `route`."""
        return self.route("PATCH", path, **declared)

    def delete(self, path: str, **declared: Any) -> Callable[[Callable[..., T]], Callable[..., T]]:
        """Declare a DELETE route; see `route`."""
        return self.route("DELETE", path, **declared)

    def route(  # noqa: PLR0913  one declaration says everything about an operation
        self,
        method: str,
        path: str,
        *,
        access: Access = "account",
        scope: str | None = None,
        body: Any = None,
        returns: Any = None,
        media: str = "text/html",
        status: int = 200,
        query: tuple[str, ...] = (),
        versioned: bool = False,
    ) -> Callable[[Callable[..., T]], Callable[..., T]]:
        """Declare an operation.

        `body` and `returns` are msgspec types; without `returns` the answer is empty. A `body` of
        `bytes` is what was sent, unread, for what is signed over its bytes. What returns `str` is
        a text of the type `media`. `query` names the query parameters that are read. `versioned`
        says that `If-Match` is required.
        """

        def declare(handler: Callable[..., T]) -> Callable[..., T]:
            route = Route(
                method, path, handler, self.tag, access, scope, body, returns, media, status, query,
                versioned,
            )  # fmt: skip
            ROUTES.append(route)
            # Every content type is let in, because Chalice refuses others in a shape of its own;
            # what isn't JSON is refused when it is read.
            self.blueprint.route(
                path, methods=[method], name=handler.__name__, content_types=["*/*"]
            )(_view(route, self.blueprint))
            return handler

        return declare


def _view(route: Route, blueprint: Blueprint) -> Callable[..., Response]:
    def view(**path_parameters: str) -> Response:
        try:
            return _answer(route, blueprint.current_request, path_parameters)
        except RamonError as error:
            return error_response(error)
        except Exception:  # noqa: BLE001  see below
            # The edge of the process: whatever is left is our own mistake. It is logged with
            # its trace, and the visitor gets the one error shape.
            log.exception("unhandled error", route=f"{route.method} {route.path}")
            return error_response(_our_mistake())

    view.__name__ = route.handler.__name__
    return view


def _answer(route: Route, request: Request, path_parameters: Mapping[str, str]) -> Response:
    headers = {name.lower(): value for name, value in request.headers.items()}
    call = Call(
        principal=principal_of(headers, route.access, route.scope, is_safe=route.method == "GET"),
        query=dict(request.query_params or {}),
        headers=headers,
    )
    arguments: dict[str, Any] = dict(path_parameters)
    if route.body is not None:
        arguments["body"] = _decode(request, route.body)
    result = route.handler(call, **arguments)
    reply = result if isinstance(result, Reply) else Reply(result)
    return _serialise(route, reply)


def _decode(request: Request, kind: Any) -> Any:
    raw = _raw_body(request)
    if len(raw) > MAX_BODY:
        raise TooLarge(f"The request is larger than {MAX_BODY // 1024} KiB.", limit=MAX_BODY)
    if kind is bytes:
        return raw
    try:
        return msgspec.json.decode(raw or b"{}", type=kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        raise Invalid(words.of_length(message), field=path.strip("`.") or None) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if half := words.lone_surrogate(raw):
            raise Invalid(
                f"A text can't hold half of a character (a lone surrogate, {half}). "
                "Remove it, and try again.",
                code="bad_text",
            ) from error
        raise BadRequest("The body is not valid JSON in UTF-8.", code="not_json") from error


def _raw_body(request: Request) -> bytes:
    try:
        body = request.raw_body
    except ValueError as error:
        raise BadRequest("The body could not be read.", code="not_json") from error
    return bytes(body) if isinstance(body, (bytes, bytearray)) else str(body).encode()


def _serialise(route: Route, reply: Reply[Any]) -> Response:
    headers: dict[str, Any] = {"Cache-Control": "no-store", **reply.headers}
    if reply.cookies:
        headers["Set-Cookie"] = list(reply.cookies)
    version = getattr(reply.body, "version", None)
    if version is not None:
        headers["ETag"] = f'"{version}"'
    if isinstance(reply.body, str):
        text = reply.body
        headers.setdefault("Content-Type", f"{route.media}; charset=utf-8")
    else:
        text = "" if route.returns is None else msgspec.json.encode(reply.body).decode()
        headers.setdefault("Content-Type", "application/json")
    return Response(body=text, status_code=reply.status or route.status, headers=headers)


def error_response(error: RamonError) -> Response:
    """The response that tells of `error`."""
    headers: dict[str, Any] = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    retry_after = error.details.get("retry_after")
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if isinstance(error, SignedOut):
        headers["WWW-Authenticate"] = 'Bearer realm="ramon"'
    body = msgspec.json.encode(error_body(error)).decode()
    return Response(body=body, status_code=error.status, headers=headers)


@lru_cache(maxsize=1)
def _our_mistake() -> RamonError:
    return RamonError(
        "Something went wrong on our side. It is logged; please try again in a moment."
    )
