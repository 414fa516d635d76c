"""Batch and Step Functions as far as clusters use them, failing when a history says so.

Jobs go on when they are told to; every change leaves an event, which may come late, twice or never.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from chalicelib.clusters import batch, environments, state_machines
from chalicelib.clusters.batch import Attempt, Job, Order

HOST_LOST = "Host EC2 (instance i-1) terminated."


class FakeBatch:
    """Jobs of all queues. `now` tells the second; `before` is asked at each request."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self.jobs: dict[str, Job] = {}
        self.tokens: dict[str, str] = {}
        self.ending: set[str] = set()
        self.events: list[Job] = []
        self.before: Callable[[], object] | None = None
        self.after: Callable[[], object] | None = None
        self.trouble = ""

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put this in the adapters' place."""
        for name in ("submit", "terminate", "describe", "find", "active"):
            patch.setattr(batch, name, getattr(self, name))
        patch.setattr(environments, "environment", self.environment)

    # What the service asks

    def submit(self, order: Order) -> str:
        """As SubmitJob."""
        self._ask(self.before)
        job_id = f"job-{len(self.jobs)}"
        self.jobs[job_id] = Job(
            job_id, order.worker_id, order.queue, "RUNNABLE", None, self._moment(), ()
        )
        self.tokens[job_id] = order.environment["RAMON_WORKER_TOKEN"]
        self._tell(job_id)
        self._ask(self.after)
        return job_id

    def terminate(self, job_id: str, _reason: str) -> None:
        """As TerminateJob: one that waits is over at once, another when its program has ended."""
        self._ask(self.before)
        job = self.jobs.get(job_id)
        if job is not None and not job.is_over:
            if job.is_waiting:
                self._set(job_id, status="FAILED", reason="terminated")
            else:
                self.ending.add(job_id)
        self._ask(self.after)

    def describe(self, job_ids: Iterable[str]) -> dict[str, Job]:
        """As DescribeJobs."""
        self._ask(self.before)
        return {id_: self.jobs[id_] for id_ in job_ids if id_ in self.jobs}

    def find(self, queue: str, worker_id: str) -> Job | None:
        """As ListJobs by name."""
        found = [j for j in self.jobs.values() if (j.queue, j.name) == (queue, worker_id)]
        return found[0] if found else None

    def active(self, queue: str) -> Iterator[Job]:
        """As ListJobs by status: without attempts."""
        for job in list(self.jobs.values()):
            if job.queue == queue and not job.is_over:
                yield replace(job, attempts=())

    def environment(self, _pool: str) -> environments.Condition:
        """As DescribeComputeEnvironments."""
        return environments.Condition("arn", "ENABLED", "VALID", self.trouble)

    @staticmethod
    def _ask(hook: Callable[[], object] | None) -> None:
        if hook is not None:
            hook()

    # What Batch does

    def in_state(self, *statuses: str) -> list[str]:
        """The ids of jobs in any of these states."""
        return [id_ for id_, job in self.jobs.items() if job.status in statuses]

    def start(self, job_id: str) -> None:
        """A host is there, and the job's program begins."""
        attempt = Attempt(self._moment(), None, None, None, f"worker/{job_id}")
        self._set(job_id, status="RUNNING", attempts=(*self.jobs[job_id].attempts, attempt))

    def lose_host(self, job_id: str) -> None:
        """The host is taken away: another attempt is to come, unless the job is to end."""
        self._end_attempt(job_id, None, HOST_LOST)
        over = job_id in self.ending or len(self.jobs[job_id].attempts) >= 5
        self._set(job_id, status="FAILED" if over else "RUNNABLE", reason=HOST_LOST)

    def exit(self, job_id: str, code: int) -> None:
        """The job's program ends."""
        self._end_attempt(job_id, code, None)
        status = "FAILED" if code else "SUCCEEDED"
        self._set(job_id, status=status, reason="Essential container in task exited")

    def _end_attempt(self, job_id: str, code: int | None, reason: str | None) -> None:
        *earlier, last = self.jobs[job_id].attempts
        ended = replace(
            last, stopped_at=self._moment(), exit_code=code, reason=reason, status_reason=reason
        )
        self.jobs[job_id] = replace(self.jobs[job_id], attempts=(*earlier, ended))

    def _set(self, job_id: str, **changes: object) -> None:
        self.jobs[job_id] = replace(self.jobs[job_id], **changes)  # type: ignore[arg-type]  # named by the caller
        self._tell(job_id)

    def _tell(self, job_id: str) -> None:
        self.events.append(self.jobs[job_id])

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)


@dataclass
class Execution:
    """A state machine at work on a cluster, and the steps that it has before it."""

    cluster_id: str
    steps: list[str]
    is_waiting: bool = False


@dataclass
class FakeMachines:
    """Executions that go on one step at a time, when the history says so."""

    executions: dict[str, Execution] = field(default_factory=dict)
    is_down: bool = False

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put this in the adapter's place."""
        for name in ("begin_start", "begin_stop", "succeed"):
            patch.setattr(state_machines, name, getattr(self, name))

    def begin_start(self, cluster_id: str, attempt: str) -> None:
        """As StartExecution of `start_cluster`."""
        self._begin(cluster_id, attempt, ["prepare_pool", "submit_workers"])

    def begin_stop(self, cluster_id: str, attempt: str) -> None:
        """As StartExecution of `stop_cluster`."""
        steps = ["drain_cluster", "terminate_workers", "close_cluster"]
        self._begin(cluster_id, f"stop-{attempt}", steps)

    def _begin(self, cluster_id: str, attempt: str, steps: list[str]) -> None:
        if self.is_down:
            raise ConnectionError("Step Functions can't be reached")
        self.executions.setdefault(f"{cluster_id}-{attempt}", Execution(cluster_id, steps))

    def succeed(self, token: str) -> None:
        """The waiting step is done."""
        self.executions[token].is_waiting = False

    @property
    def ready(self) -> list[str]:
        """The names of executions whose next step can run."""
        return [name for name, e in self.executions.items() if e.steps and not e.is_waiting]
