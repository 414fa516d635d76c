"""What there is of the v2 API: thin events, and the destinations that get them."""

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from localcloud.stripe.api import API_KEY
from localcloud.stripe.context import Context
from localcloud.stripe.errors import StripeError, invalid, not_here
from localcloud.stripe.events import THIN, iso
from localcloud.stripe.ids import new_id
from localcloud.stripe.parameters import Json
from localcloud.stripe.stand_in import StandIn
from localcloud.stripe.store import public

DESTINATION = "v2.core.event_destination"
REQUIRED = ("enabled_events", "event_payload", "name", "type", "webhook_endpoint")
KNOWN = (*REQUIRED, "description", "events_from", "include", "metadata")


class V2:
    """Answers below `/v2/core`."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in

    async def event(self, request: Request) -> Response:
        """GET /v2/core/events/{id}: a thin event with its data."""
        return self._answer(request, lambda ctx: ctx.store.get(THIN, request.path_params["id"]))

    async def destinations(self, request: Request) -> Response:
        """GET lists the destinations, POST makes one."""
        if request.method == "GET":
            return self._answer(request, _list)
        given = json.loads(await request.body() or b"{}")
        return self._answer(request, lambda ctx: _create(ctx, given))

    async def destination(self, request: Request) -> Response:
        """GET /v2/core/event_destinations/{id}, and DELETE."""
        id_ = request.path_params["id"]
        if request.method == "GET":
            return self._answer(request, lambda ctx: _shown(ctx.store.get(DESTINATION, id_)))
        return self._answer(request, lambda ctx: _delete(ctx, id_))

    async def unknown(self, _request: Request) -> Response:
        """Everything else."""
        error = not_here("This operation of the v2 API is not known here.")
        return JSONResponse(error.body(), error.status)

    def _answer(self, request: Request, work: Callable[[Context], Json]) -> Response:
        try:
            if request.headers.get("authorization") != f"Bearer {API_KEY}":
                raise StripeError(401, "invalid_request_error", "Invalid API Key provided.")
            ctx = self._stand_in.context()
            with ctx.store.transaction():
                return JSONResponse(public(work(ctx)), headers={"Request-Id": new_id("req", 14)})
        except StripeError as error:
            return JSONResponse(error.body(), error.status, headers=error.headers)


def _list(ctx: Context) -> Json:
    data = [_shown(each) for each in ctx.store.each(DESTINATION)]
    return {"data": data, "next_page_url": None, "previous_page_url": None}


def _create(ctx: Context, given: dict[str, Any]) -> Json:
    _check(given)
    secret = new_id("whsec", 32)
    destination = {
        "id": new_id("ed_test"),
        "object": DESTINATION,
        "created": iso(ctx.now),
        "description": given.get("description", ""),
        "enabled_events": given["enabled_events"],
        "event_payload": "thin",
        "events_from": given.get("events_from", ["@self"]),
        "livemode": False,
        "metadata": given.get("metadata", {}),
        "name": given["name"],
        "snapshot_api_version": None,
        "status": "enabled",
        "status_details": None,
        "type": "webhook_endpoint",
        "updated": iso(ctx.now),
        "_secret": secret,
        "_url": given["webhook_endpoint"]["url"],
    }
    ctx.store.add(destination)
    told = {"signing_secret": secret, "url": destination["_url"]}
    asked = [each.removeprefix("webhook_endpoint.") for each in given.get("include", [])]
    endpoint = {name: value if name in asked else None for name, value in told.items()}
    return destination | {"webhook_endpoint": endpoint}


def _check(given: dict[str, Any]) -> None:
    for name in given:
        if name not in KNOWN:
            raise invalid(f"Received unknown parameter: {name}", name, "parameter_unknown")
    for name in REQUIRED:
        if name not in given:
            raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    if given["event_payload"] != "thin" or given["type"] != "webhook_endpoint":
        raise not_here("Only thin events to webhook endpoints have destinations here.")


def _delete(ctx: Context, id_: str) -> Json:
    ctx.store.get(DESTINATION, id_)
    ctx.store.remove(id_)
    return {"id": id_, "object": DESTINATION, "deleted": True}


def _shown(destination: Json) -> Json:
    return destination | {"webhook_endpoint": {"signing_secret": None, "url": None}}
