"""The v1 API: authorization, faults, idempotency, one transaction a request, and its record."""

import asyncio
import hmac
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from localcloud.stripe import idempotency, operations
from localcloud.stripe.context import API_VERSION, Context
from localcloud.stripe.errors import StripeError, invalid, not_here
from localcloud.stripe.expansion import expand
from localcloud.stripe.faults import HEADER, Fault, UnknownFault
from localcloud.stripe.ids import new_id
from localcloud.stripe.operations import Operation
from localcloud.stripe.parameters import Json, decode
from localcloud.stripe.stand_in import StandIn

API_KEY = "sk_test_local"
"""The one key; everyone may know it."""

Answer = tuple[int, Json]


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: str
    body: bytes
    request_id: str
    idempotency_key: str | None
    """Only a POST has one that counts."""


@dataclass(frozen=True)
class Outcome:
    """What came of a request."""

    status: int
    body: Json
    headers: dict[str, str]


class Api:
    """Answers everything below `/v1`."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in

    async def handle(self, request: Request) -> Response:
        """One request."""
        asked = await _asked(request)
        found = operations.find(asked.method, asked.path)
        try:
            name = found[0].name if found else ""
            fault = self._stand_in.faults.of_request(name, request.headers.get(HEADER))
        except UnknownFault as error:
            return JSONResponse(invalid(str(error)).body(), 400)
        if fault and fault.fault == "drop_before":
            return await hang_up(request)
        outcome = self._outcome(asked, found, request.headers.get("authorization", ""), fault)
        self._record(asked, outcome)
        self._stand_in.wake()
        if fault and fault.fault == "drop_after_commit":
            return await hang_up(request)
        if fault and fault.fault == "delay":
            await asyncio.sleep(fault.seconds)
        headers = {"Request-Id": asked.request_id, "Stripe-Version": API_VERSION}
        if asked.idempotency_key:
            headers["Idempotency-Key"] = asked.idempotency_key
        return JSONResponse(outcome.body, outcome.status, headers=headers | outcome.headers)

    def _outcome(
        self,
        asked: Asked,
        found: tuple[Operation, list[str]] | None,
        authorization: str,
        fault: Fault | None,
    ) -> Outcome:
        try:
            _authorize(authorization)
            if fault and fault.fault == "429":
                message = "Request rate limit exceeded."
                raise StripeError(429, "invalid_request_error", message, code="rate_limit")
            if found is None:
                raise not_here(f"{asked.method} {asked.path} is not known here.")
            operation, ids = found
            form = "&".join(filter(None, [asked.query, asked.body.decode("utf-8", "replace")]))
            parameters = operation.read(decode(form), "")
            return self._work(asked, operation, (parameters, ids), fault)
        except StripeError as error:
            return Outcome(error.status, error.body(), error.headers)

    def _work(
        self, asked: Asked, operation: Operation, given: tuple[Json, list[str]], fault: Fault | None
    ) -> Outcome:
        ctx = self._stand_in.context(asked.request_id, asked.idempotency_key)
        key, digest = (
            asked.idempotency_key,
            idempotency.digest(asked.method, asked.path, asked.body),
        )
        with ctx.store.transaction():
            stored = idempotency.earlier(ctx, key, digest) if key else None
            if stored:
                return Outcome(*stored, {"Idempotent-Replayed": "true"})
            outcome = _perform(ctx, operation, given, fault)
            if key and outcome.status != 501:
                idempotency.remember(ctx, key, digest, (outcome.status, outcome.body))
        return outcome

    def _record(self, asked: Asked, outcome: Outcome) -> None:
        record: dict[str, Any] = {
            "method": asked.method,
            "path": f"{asked.path}?{asked.query}" if asked.query else asked.path,
            "form": asked.body.decode("utf-8", "replace") or None,
            "headers": {},
            "at": self._stand_in.clock.seconds(),
            "response": {"status": outcome.status, "body": outcome.body},
        }
        if asked.idempotency_key:
            record["headers"] = {"Idempotency-Key": asked.idempotency_key}
        self._stand_in.recorder.append(record)


async def hang_up(request: Request) -> Response:
    """Close the connection without an answer."""
    request.scope["extensions"]["localcloud.hang_up"]()
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return Response(status_code=500)  # there is nobody to read it


def _perform(
    ctx: Context, operation: Operation, given: tuple[Json, list[str]], fault: Fault | None
) -> Outcome:
    parameters, ids = given
    if fault and fault.fault == "500_before":
        return _broken()
    try:
        with ctx.store.attempt():
            answer = operations.run(operation, ctx, parameters, ids)
            answer = expand(ctx, answer, parameters.get("expand", []))
    except StripeError as error:
        return Outcome(error.status, error.body(), error.headers)
    return _broken() if fault and fault.fault == "500_after" else Outcome(200, answer, {})


def _broken() -> Outcome:
    message = "An unknown error occurred. (It was asked for: a fault of the stand-in.)"
    return Outcome(500, StripeError(500, "api_error", message).body(), {})


def _authorize(header: str) -> None:
    kind, _, key = header.partition(" ")
    if kind.lower() == "bearer" and hmac.compare_digest(key.encode(), API_KEY.encode()):
        return
    message = "You did not provide an API key."
    if key:
        message = f"Invalid API Key provided: {key[:8]}{'*' * 8}{key[-4:]}"
    raise StripeError(401, "invalid_request_error", message)


async def _asked(request: Request) -> Asked:
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    return Asked(
        request.method,
        request.scope["path"].removeprefix("/stripe"),
        request.url.query,
        await request.body(),
        new_id("req", 14),
        key,
    )
