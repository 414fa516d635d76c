"""The adapter to AWS Batch: one job a worker, one queue and compute environment a pool."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.core import aws, clock, config
from chalicelib.core.errors import Invalid

ACTIVE = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
"""The states of a job that is not over."""
_OVER = ("SUCCEEDED", "FAILED")
_ATTEMPTS = 5
"""Computers that a worker is started on, one after the other, when they are taken away."""
_BACKSTOP_SECONDS = 7 * 24 * 3600
"""Batch itself ends a job after this long, should everything else have failed."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One start of a job on a computer, in Batch's own times; absent ones have not come.

    `reason` is the container's own, or else `status_reason`, which is Batch's.
    """

    started_at: datetime | None
    stopped_at: datetime | None
    exit_code: int | None
    reason: str | None
    stream: str | None
    status_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job as Batch tells of it; its name is a worker's id. The last attempt may be going on."""

    id: str
    name: str
    queue: str
    status: str
    reason: str | None
    created_at: datetime | None
    attempts: tuple[Attempt, ...]

    @property
    def is_over(self) -> bool:
        """Whether nothing of it runs, or will."""
        return self.status in _OVER

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a computer."""
        return self.status in ("SUBMITTED", "PENDING", "RUNNABLE")

    @property
    def running_attempt(self) -> int | None:
        """The number of the attempt that runs, from 1."""
        return len(self.attempts) if self.status == "RUNNING" else None


@dataclass(frozen=True, slots=True)
class Order:
    """What is needed to submit the job of a worker. Memory in GiB."""

    worker_id: str
    cluster_id: str
    account_id: str
    queue: str
    vcpu: int
    memory_gib: int
    gpu: int
    environment: dict[str, str]


def tags(account_id: str, resource_id: str) -> dict[str, str]:
    """Whose something is: what AWS's own records of use are grouped by."""
    return {
        "ramon:account": account_id,
        "ramon:resource": resource_id,
        "ramon:stage": config.stage(),
    }


def submit(order: Order) -> str:
    """Submit the job of a worker, and give its id. Asked again, submits another: look first.

    SubmitJob has no client token, so it is sent once: whoever hears no answer looks for the job.
    """
    settings = config.settings()
    needs = {"VCPU": order.vcpu, "MEMORY": order.memory_gib * 1024, "GPU": order.gpu}
    answer = aws.client("batch", once=True).submit_job(
        jobName=order.worker_id,
        jobQueue=order.queue,
        jobDefinition=settings.worker_job_definition,
        containerOverrides={
            "resourceRequirements": [
                {"type": kind, "value": str(count)} for kind, count in needs.items() if count
            ],
            "environment": [{"name": k, "value": v} for k, v in sorted(order.environment.items())],
        },
        retryStrategy={
            "attempts": _ATTEMPTS,
            # A host that was taken away is tried again elsewhere; everything else is the worker's.
            "evaluateOnExit": [
                {"onStatusReason": "Host EC2*", "action": "RETRY"},
                {"onReason": "*", "action": "EXIT"},
            ],
        },
        timeout={"attemptDurationSeconds": _BACKSTOP_SECONDS},
        tags=tags(order.account_id, order.cluster_id),
        propagateTags=True,
    )
    return str(answer["jobId"])


def terminate(job_id: str, reason: str) -> None:
    """Ask a job to stop, wherever it is. One that is over, or unknown, is no error."""
    try:
        aws.client("batch").terminate_job(jobId=job_id, reason=reason[:255])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ClientException":
            raise


def describe(job_ids: Iterable[str]) -> dict[str, Job]:
    """These jobs by their ids, as far as Batch still knows of them (it forgets after days)."""
    wanted = sorted(job_ids)
    found: dict[str, Job] = {}
    for start in range(0, len(wanted), 100):
        answer = aws.client("batch").describe_jobs(jobs=wanted[start : start + 100])
        found |= {job["jobId"]: parse(job) for job in answer["jobs"]}
    return found


def find(queue: str, worker_id: str) -> Job | None:
    """The job that was submitted for a worker, over or not; the oldest, should there be two."""
    ids = [
        str(job["jobId"])
        for job in sorted(
            _listed(queue, filters=[{"name": "JOB_NAME", "values": [worker_id]}]),
            key=lambda job: int(job["createdAt"]),
        )
    ]
    return next(iter(describe(ids[:1]).values()), None)


def active(queue: str) -> Iterator[Job]:
    """Every job of a queue that is not over; of attempts, nothing is told."""
    for status in ACTIVE:
        for job in _listed(queue, jobStatus=status):
            yield parse({"jobQueue": queue, "status": status, **job})


def _listed(queue: str, **which: Any) -> list[dict[str, Any]]:
    try:
        pages = aws.client("batch").get_paginator("list_jobs").paginate(jobQueue=queue, **which)
        return [job for page in pages for job in page["jobSummaryList"]]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ClientException":
            return []  # there is no such queue, or no longer
        raise


def parse(job: dict[str, Any]) -> Job:
    """A job from DescribeJobs or ListJobs, or from the `detail` of a job state change event."""
    over = job["status"] in _OVER
    attempts = [_attempt(each) for each in job.get("attempts") or []]
    container = job.get("container") or {}
    last = Attempt(
        started_at=_time(job.get("startedAt")),
        stopped_at=_time(job.get("stoppedAt")) if over else None,
        exit_code=container.get("exitCode"),
        reason=container.get("reason"),
        stream=container.get("logStreamName"),
        status_reason=job.get("statusReason") if over else None,
    )
    told = {attempt.started_at for attempt in attempts}
    # Of one that runs, `attempts` says nothing yet; of the last one, perhaps never.
    if last.started_at and last.started_at not in told and (over or job["status"] == "RUNNING"):
        attempts.append(last)
    return Job(
        id=job["jobId"],
        name=job["jobName"],
        queue=job.get("jobQueue", "").rpartition("/")[2],
        status=job["status"],
        reason=job.get("statusReason"),
        created_at=_time(job.get("createdAt")),
        attempts=tuple(attempts),
    )


def _attempt(attempt: dict[str, Any]) -> Attempt:
    container = attempt.get("container") or {}
    return Attempt(
        started_at=_time(attempt.get("startedAt")),
        stopped_at=_time(attempt.get("stoppedAt")),
        exit_code=container.get("exitCode"),
        reason=container.get("reason") or attempt.get("statusReason"),
        stream=container.get("logStreamName"),
        status_reason=attempt.get("statusReason"),
    )


def _time(millis: int | None) -> datetime | None:
    return clock.moment_of_millis(millis or None)  # 0 is how Batch says that it is not known


def tail(
    stream: str, cursor: str | None, most_lines: int, most_bytes: int
) -> tuple[list[tuple[datetime, str]], str | None]:
    """The newest lines that a worker wrote, oldest first, or those before `cursor`.

    Also gives the cursor before them, None if there is nothing before. Bounded by both limits;
    one line comes however long it is. Raises `Invalid` for a strange cursor.
    """
    found: list[dict[str, Any]] = []
    token, size = cursor, 0
    while len(found) < most_lines and size < most_bytes:
        page = _log_page(stream, token, min(most_lines - len(found), _PAGE_LINES), cursor)
        if page is None:
            return [], None  # nothing was written yet
        # A page may be empty while there is more: the end is where the token stays the same.
        is_end = page["nextBackwardToken"] == token
        found[:0] = page["events"]
        token = str(page["nextBackwardToken"])
        size += sum(len(event["message"]) for event in page["events"])
        if is_end:
            return _lines(found), None
    return _lines(found), token


_PAGE_LINES = 200
"""Lines that are asked for at once: they are at most 1 MB together."""


def _log_page(
    stream: str, token: str | None, limit: int, given: str | None
) -> dict[str, Any] | None:
    from_token = {"nextToken": token} if token else {}
    try:
        answer = aws.client("logs").get_log_events(
            logGroupName=config.settings().worker_log_group,
            logStreamName=stream,
            startFromHead=False,
            limit=limit,
            **from_token,
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ResourceNotFoundException":
            return None
        if code == "InvalidParameterException" and given:
            raise Invalid(
                "This cursor is not one of ours. Ask without one.", code="bad_cursor"
            ) from error
        raise
    return dict(answer)


def _lines(events: list[dict[str, Any]]) -> list[tuple[datetime, str]]:
    return [(clock.moment_of_millis(event["timestamp"]), str(event["message"])) for event in events]
