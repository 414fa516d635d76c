"""SubmitJob, and a job's way to RUNNABLE."""

import asyncio
import json
from dataclasses import dataclass

from localcloud.api_model import Record
from localcloud.batch import definitions, records
from localcloud.batch.arrays import Arrays
from localcloud.batch.errors import ClientError, refuse_unsupported
from localcloud.batch.journal import Journal
from localcloud.batch.names import check_name
from localcloud.batch.retries import check_retry_strategy, check_timeout
from localcloud.batch.scheduler import Scheduler
from localcloud.batch.store import Job, Store
from localcloud.batch.tags import check_tags

UNSUPPORTED = (
    "shareIdentifier",
    "schedulingPriorityOverride",
    "dependsOn",
    "nodeOverrides",
    "eksPropertiesOverride",
    "ecsPropertiesOverride",
    "consumableResourcePropertiesOverride",
)

LONGEST_OVERRIDES = 8192
"""Bytes that container overrides may have as JSON (ECS API reference, TaskOverride)."""

SMALLEST_ARRAY, LARGEST_ARRAY = 2, 10_000
"""Batch API reference, SubmitJob."""


@dataclass(frozen=True)
class SubmitOperation:
    """Takes jobs in."""

    store: Store
    journal: Journal
    arrays: Arrays
    scheduler: Scheduler

    def submit(self, request: Record) -> Record:
        """SubmitJob: SUBMITTED, and RUNNABLE as soon as this was answered."""
        _check(request)
        queue = self.store.find_queue(request["jobQueue"])
        if queue["state"] != "ENABLED" or queue["status"] == "DELETING":
            raise ClientError(f"JobQueue {request['jobQueue']} is not ENABLED.")
        definition = definitions.find(self.store, request["jobDefinition"])
        job_id = records.new_job_id()
        record = records.new_job(self.store.names, job_id, definition, queue, request)
        if "arrayProperties" in request:
            record["arrayProperties"] = {"size": request["arrayProperties"]["size"]}
        job = Job(record, self.store.next_number())
        self.journal.changed(job)
        asyncio.get_running_loop().call_soon(self.admit, job)
        return {key: record[key] for key in ("jobArn", "jobName", "jobId")}

    def resume(self) -> None:
        """Go on with jobs that an earlier launcher left on their way."""
        for job in list(self.store.jobs.values()):
            if job.status in ("SUBMITTED", "PENDING"):
                self.admit(job)

    def admit(self, job: Job) -> None:
        """Bring a job to RUNNABLE, an array's children instead of the array."""
        if job.status == "SUBMITTED":
            self._set_status(job, "PENDING")
        if job.is_array and job.status == "PENDING":
            for child in self.arrays.make_children(job):
                self._make_runnable(child)
        else:
            self._make_runnable(job)
        self.scheduler.look_soon()

    def _make_runnable(self, job: Job) -> None:
        if job.status == "PENDING":
            self._set_status(job, "RUNNABLE")

    def _set_status(self, job: Job, status: str) -> None:
        job.record["status"] = status
        self.journal.changed(job)


def _check(request: Record) -> None:
    check_name(request["jobName"], "Job")
    check_tags(request.get("tags", {}))
    refuse_unsupported(request, *UNSUPPORTED)
    overrides = request.get("containerOverrides", {})
    refuse_unsupported(overrides, "vcpus", "memory", "instanceType")
    if len(json.dumps(overrides).encode()) > LONGEST_OVERRIDES:
        raise ClientError(f"Container Overrides length must be at most {LONGEST_OVERRIDES}")
    definitions.check_requirements(overrides.get("resourceRequirements", []))
    check_retry_strategy(request.get("retryStrategy", {}))
    check_timeout(request.get("timeout", {}))
    size = request.get("arrayProperties", {}).get("size", SMALLEST_ARRAY)
    if not SMALLEST_ARRAY <= size <= LARGEST_ARRAY:
        raise ClientError(f"Array size must be from {SMALLEST_ARRAY} to {LARGEST_ARRAY}.")
