"""Operations on jobs that are there."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from localcloud.api_model import Record
from localcloud.batch import records
from localcloud.batch.arrays import Arrays
from localcloud.batch.engine import Engine
from localcloud.batch.errors import ClientError, NotImplementedHere
from localcloud.batch.journal import Journal
from localcloud.batch.names import last_part
from localcloud.batch.store import Job, Store
from localcloud.clock import CLOCK
from localcloud.paging import page

MOST_DESCRIBED = 100
"""Jobs that one DescribeJobs call may name (Batch API reference)."""

LARGEST_PAGE, LARGEST_FILTERED_PAGE = 1000, 100
"""Jobs that ListJobs gives at once, without and with a filter."""

NOT_STARTED = ("SUBMITTED", "PENDING", "RUNNABLE")

SUMMARY = (
    "jobArn",
    "jobId",
    "jobName",
    "createdAt",
    "status",
    "statusReason",
    "startedAt",
    "stoppedAt",
    "jobDefinition",
    "isCancelled",
    "isTerminated",
)
"""Members that ListJobs gives of a job, where they are."""


@dataclass(frozen=True)
class JobOperations:
    """DescribeJobs, ListJobs, CancelJob and TerminateJob."""

    store: Store
    engine: Engine
    journal: Journal
    arrays: Arrays

    def describe(self, request: Record) -> Record:
        """DescribeJobs: unknown ones are left out."""
        if len(request["jobs"]) > MOST_DESCRIBED:
            raise ClientError(f"At most {MOST_DESCRIBED} jobs can be described at once.")
        found = [self.store.jobs.get(last_part(each)) for each in request["jobs"]]
        return {"jobs": [self._described(job) for job in found if job]}

    def list_(self, request: Record) -> Record:
        """ListJobs of a queue or of an array, RUNNING ones unless a status is named."""
        if "multiNodeJobId" in request:
            raise NotImplementedHere("Multi-node jobs are not part of this stand-in.")
        if ("jobQueue" in request) == ("arrayJobId" in request):
            raise ClientError("One of jobQueue, arrayJobId and multiNodeJobId must be given.")
        found = [self._summary(job) for job in self._listed(request)]
        found.sort(key=lambda each: -each["createdAt"])
        largest = LARGEST_FILTERED_PAGE if request.get("filters") else LARGEST_PAGE
        return page(found, request, "jobSummaryList", ClientError, largest)

    def cancel(self, request: Record) -> Record:
        """CancelJob: a job that STARTED stays as it is."""
        job = self._find(request["jobId"])
        if job.status in NOT_STARTED:
            self.end(job, request["reason"], terminated=False)
        return {}

    def terminate(self, request: Record) -> Record:
        """TerminateJob: SIGTERM, and SIGKILL after 30 s; what did not start yet is cancelled."""
        self.end(self._find(request["jobId"]), request["reason"], terminated=True)
        return {}

    def end(self, job: Job, reason: str, *, terminated: bool) -> None:
        """End a job, or all of an array; nothing happens to one that ended."""
        if job.ended:
            return
        job.record["isTerminated" if terminated else "isCancelled"] = True
        if job.is_array:
            job.record["statusReason"] = reason
            self.store.save_job(job)
            self._end_children(job, reason, terminated=terminated)
        elif not self.engine.stop(job, reason):
            job.record["statusReason"] = reason
            job.record["stoppedAt"] = records.milliseconds(CLOCK.time())
            job.record["status"] = "FAILED"
            self.journal.changed(job)

    def _end_children(self, array: Job, reason: str, *, terminated: bool) -> None:
        for child in self.store.children(array):
            if terminated or child.status in NOT_STARTED:
                self.end(child, reason, terminated=terminated)

    def _find(self, job_id: str) -> Job:
        job = self.store.jobs.get(last_part(job_id))
        if job is None:
            raise ClientError(f"Could not find job {job_id}.")
        return job

    def _listed(self, request: Record) -> Iterator[Job]:
        if "arrayJobId" in request:
            candidates = self.store.children(self._find(request["arrayJobId"]))
        else:
            queue = self.store.find_queue(request["jobQueue"])
            in_queue = self.store.jobs_in(queue["jobQueueName"])
            candidates = [job for job in in_queue if job.parent is None]
        filters = request.get("filters", [])
        if filters and "jobQueue" in request:
            return (job for job in candidates if _passes(job, filters))
        status = request.get("jobStatus", "RUNNING")
        return (job for job in candidates if job.status == status)

    def _described(self, job: Job) -> Record:
        record = copy.deepcopy(job.record)
        if job.is_array:
            record["arrayProperties"]["statusSummary"] = self.arrays.summary(job)
        return record

    def _summary(self, job: Job) -> Record:
        record = self._described(job)
        summary = {key: record[key] for key in SUMMARY if key in record}
        container = record["container"]
        shown = {key: container[key] for key in ("exitCode", "reason") if key in container}
        if "arrayProperties" in record:
            summary["arrayProperties"] = record["arrayProperties"]
        return summary | {"container": shown}


def _passes(job: Job, filters: list[Record]) -> bool:
    if len(filters) > 1:
        raise ClientError("Only one filter can be used at a time.")
    name, values = filters[0].get("name"), filters[0].get("values", [])
    if name != "JOB_NAME":
        raise NotImplementedHere(f"The filter {name} is not part of this stand-in.")
    job_name = job.record["jobName"].lower()
    return any(fnmatchcase(job_name, value.lower()) for value in values)
