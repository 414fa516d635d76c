"""The OpenAPI document, written from the routes' declarations, and a page that shows it."""

import re
from functools import lru_cache
from html import escape
from typing import Any, Literal

import msgspec

from chalicelib.core import config, http
from chalicelib.core.access import Access
from chalicelib.core.errors import ErrorBody
from chalicelib.core.http import Api, Call, Reply, Route

api = Api("service")

_COMPONENT = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"{(\w+)}")
_SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    "public": [],
    "account": [{"session": []}, {"token": []}],
    "session": [{"session": []}],
    "agent": [{"agent": []}],
    "worker": [{"worker": []}],
}

_OWN_TOKENS = {"agent", "worker"}
"""What only our own programs have; their operations are not on the page for people."""


class Health(msgspec.Struct):
    """That the service answers, and in which version."""

    status: Literal["ok"]
    version: str


@api.get("/health", access="public", returns=Health)
def read_health(_call: Call) -> Health:
    """See whether the service answers."""
    return Health("ok", config.VERSION)


@api.get("/openapi.json", access="public", returns=dict[str, Any])
def read_openapi(_call: Call) -> dict[str, Any]:
    """Read this document."""
    return document()


@api.get("/docs", access="public", returns=str)
def read_docs(_call: Call) -> Reply[str]:
    """Read this document as a page."""
    return Reply(_page(document()))


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of every declared route."""
    types = [kind for route in http.ROUTES for kind in (route.body, route.returns) if kind]
    schemas, components = msgspec.json.schema_components(
        [*types, ErrorBody], ref_template=_COMPONENT
    )
    by_type = dict(zip([*map(repr, types), repr(ErrorBody)], schemas, strict=True))
    paths: dict[str, Any] = {}
    for route in http.ROUTES:
        operation = _operation(route, by_type)
        paths.setdefault(f"/api{route.path}", {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ramon's Notebooks",
            "version": config.VERSION,
            "description": "Hosted Jupyter notebooks. Errors have one shape: see ErrorBody.",
        },
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _security_schemes()},
    }


def _operation(route: Route, by_type: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "summary": (route.handler.__doc__ or "").strip().splitlines()[0],
        "tags": [route.tag],
        "security": _SECURITY[route.access],
        "parameters": _parameters(route),
        "responses": {
            str(route.status): _response(route, by_type),
            "4XX": _json("It can't be done; the message says why.", by_type[repr(ErrorBody)]),
            "5XX": _json("Our mistake, or a service's we need.", by_type[repr(ErrorBody)]),
        },
    }
    if route.scope:
        operation["description"] = f"API tokens need the scope `{route.scope}`."
    if route.body is not None:
        # Of a body that is taken as it is, the document says no more than its type.
        schema = {} if route.body is bytes else by_type[repr(route.body)]
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    text = {"type": "string"}
    found = [
        {"name": name, "in": "path", "required": True, "schema": text}
        for name in _PARAMETER.findall(route.path)
    ]
    found += [
        {"name": name, "in": "query", "required": False, "schema": text} for name in route.query
    ]
    if route.versioned:
        found.append({"name": "If-Match", "in": "header", "required": True, "schema": text})
    return found


def _response(route: Route, by_type: dict[str, Any]) -> dict[str, Any]:
    if route.returns is None:
        return {"description": "Done."}
    if route.returns is str:
        return {"description": "A text.", "content": {route.media: {"schema": {"type": "string"}}}}
    return _json("Done.", by_type[repr(route.returns)])


def _json(description: str, schema: Any) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _security_schemes() -> dict[str, Any]:
    return {
        "session": {"type": "apiKey", "in": "cookie", "name": "__Host-sid"},
        "token": {"type": "http", "scheme": "bearer", "description": "An API token: rmn_…"},
        "agent": {"type": "http", "scheme": "bearer", "description": "A notebook's own token."},
        "worker": {"type": "http", "scheme": "bearer", "description": "A worker's own token."},
    }


def _page(described: dict[str, Any]) -> str:
    rows = "".join(
        _row(path, method, operation)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        if not operation["security"] or not _OWN_TOKENS & operation["security"][0].keys()
    )
    title = escape(described["info"]["title"])
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{title}: API</title><main><h1>{title}: API</h1>"
        "<p>Send an API token as <code>Authorization: Bearer rmn_…</code>. Make one on your "
        '<a href="/account">account page</a>. Programs read '
        '<a href="/api/openapi.json">openapi.json</a>.</p>'
        f"{rows}</main></html>"
    )


def _row(path: str, method: str, operation: dict[str, Any]) -> str:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = body.get("schema", {}).get("$ref", "").rpartition("/")[2]
    takes = f"<p>Body: <code>{escape(schema)}</code></p>" if schema else ""
    note = f"<p>{escape(operation['description'])}</p>" if "description" in operation else ""
    return (
        f"<section><h2><code>{method.upper()} {escape(path)}</code></h2>"
        f"<p>{escape(operation['summary'])}</p>{note}{takes}</section>"
    )
