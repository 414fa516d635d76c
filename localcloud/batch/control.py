"""Switches for tests and people at `/_stand_in/batch`: what goes wrong, and what runs.

GET shows the switches and the jobs. POST takes one order, as JSON, which a web page of another
origin cannot send without asking first: {"set": {…}} as `Faults.set`, {"reset": true}, or
{"lose": […]} with ids of jobs or names of compute environments whose hosts are to vanish.
"""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.api_model import Record
from localcloud.batch.api import Batch
from localcloud.batch.faults import UnknownFault
from localcloud.batch.store import Job
from localcloud.batch.switches import PATH


class Control:
    """The handlers."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def route(self) -> Route:
        """Where they are."""
        return Route(PATH, self._handle, methods=["GET", "POST"])

    async def _handle(self, request: Request) -> Response:
        told: Record = {}
        if request.method == "POST":
            try:
                told = self._obey(await _json(request))
            except (UnknownFault, ValueError) as error:
                return JSONResponse({"error": str(error)}, 400)
        jobs = [self._job(job) for job in self._batch.store.jobs.values()]
        return JSONResponse(told | {"faults": self._batch.faults.shown(), "jobs": jobs})

    def _obey(self, order: Record) -> Record:
        if "lose" in order:
            return {"lost": [job.id for name in order["lose"] for job in self._lose(str(name))]}
        if order.get("reset"):
            self._batch.faults.reset()
        elif isinstance(order.get("set"), dict):
            self._batch.faults.set(order["set"])
        else:
            raise UnknownFault("Send one of set, reset and lose.")
        self._batch.scheduler.look_soon()
        return {}

    def _lose(self, name: str) -> list[Job]:
        """Take the hosts away of a job, or of all jobs in an environment."""
        job = self._batch.store.jobs.get(name)
        candidates = [job] if job else self._batch.store.placed_in(name)
        return [each for each in candidates if self._batch.engine.lose_host(each)]

    def _job(self, job: Job) -> dict[str, Any]:
        run = self._batch.engine.runs.get(job.id)
        return {
            "id": job.id,
            "name": job.record["jobName"],
            "queue": job.queue,
            "status": job.status,
            "reason": job.record.get("statusReason"),
            "attempt": len(job.record["attempts"]) if job.ended else job.attempt,
            "environment": job.environment,
            "instance": job.instance,
            "address": job.address,
            "pid": run.process.pid if run and run.process else None,
        }


async def _json(request: Request) -> Record:
    """The request's body; raises ValueError unless it is a JSON object."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise ValueError("Send a JSON object with Content-Type: application/json.")
    return dict(json.loads(await request.body()))
