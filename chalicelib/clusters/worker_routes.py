"""Routes of workers: what the program of a job may call, for itself alone."""

from chalicelib.clusters import agent_schemas as schemas
from chalicelib.clusters import rights, worker
from chalicelib.clusters.models import Worker
from chalicelib.core.access import authenticate_by
from chalicelib.core.http import Api, Call
from chalicelib.storage.schemas import Done

api = Api("worker", may=rights.SERVE)
authenticate_by("worker", worker.recognise)


def _worker(call: Call) -> Worker:
    return call.caller_as(worker.WorkerCaller).worker


@api.post(
    "/worker/boot",
    access="worker",
    body=schemas.WorkerBoot,
    returns=schemas.WorkerOrders,
)
def boot_worker(call: Call, body: schemas.WorkerBoot) -> schemas.WorkerOrders:
    """Learn which cluster to join, and what to install."""
    return worker.boot(_worker(call), body.job_id)


@api.post("/worker/failed", access="worker", body=schemas.WorkerFailure, returns=Done)
def fail_worker(call: Call, body: schemas.WorkerFailure) -> Done:
    """Tell why it can't begin, or ends before its time."""
    worker.failed(_worker(call), body.code, body.message)
    return Done()
