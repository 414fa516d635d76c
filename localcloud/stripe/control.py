"""Switches for tests below `/stripe/_stand_in`: faults, and holding webhooks back.

Requests must be JSON, which a web page of another origin cannot send without asking first.
"""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from localcloud.stripe.faults import UnknownFault
from localcloud.stripe.running import Running


class Control:
    """The handlers."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._faults = running.stand_in.faults

    async def faults(self, request: Request) -> Response:
        """GET shows the rules, POST adds one, DELETE takes all away."""
        if request.method == "POST":
            try:
                self._faults.add(await _json(request))
            except (UnknownFault, ValueError) as error:
                return JSONResponse({"error": str(error)}, 400)
        elif request.method == "DELETE":
            self._faults.rules.clear()
        return JSONResponse({"faults": [vars(rule) for rule in self._faults.rules]})

    async def deliveries(self, request: Request) -> Response:
        """GET shows the newest; POST {"hold": true} holds them, {"hold": false} lets them go.

        {"hold": false, "order": "newest_first"} sends what was held one by one, the newest first.
        """
        deliveries = self._running.deliveries
        if request.method == "POST":
            try:
                wanted = await _json(request)
            except ValueError as error:
                return JSONResponse({"error": str(error)}, 400)
            deliveries.held = bool(wanted.get("hold", deliveries.held))
            deliveries.newest_first = wanted.get("order") == "newest_first"
            self._running.stand_in.wake()
        return JSONResponse({"held": deliveries.held, "deliveries": deliveries.overview()})


async def _json(request: Request) -> dict[str, Any]:
    """The request's body; raises ValueError unless it is a JSON object."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise ValueError("Send a JSON object with Content-Type: application/json.")
    return dict(json.loads(await request.body()))
