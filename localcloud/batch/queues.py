"""Operations on job queues."""

from dataclasses import dataclass
from functools import partial

from localcloud.api_model import Record
from localcloud.batch import settling
from localcloud.batch.capacity import Capacity
from localcloud.batch.errors import ClientError, refuse_unsupported
from localcloud.batch.jobs import JobOperations
from localcloud.batch.names import check_name, last_part
from localcloud.batch.scheduler import Scheduler
from localcloud.batch.store import Store
from localcloud.batch.tags import check_tags
from localcloud.paging import page

HEALTHY = "JobQueue Healthy"

MOST_ENVIRONMENTS = 3
"""Compute environments that a queue can have (Batch user guide, "Service quotas")."""

UNSUPPORTED = ("schedulingPolicyArn", "serviceEnvironmentOrder", "jobStateTimeLimitActions")


@dataclass(frozen=True)
class QueueOperations:
    """Create-, Update-, Describe- and DeleteJobQueue."""

    store: Store
    jobs: JobOperations
    scheduler: Scheduler
    capacity: Capacity

    def create(self, request: Record) -> Record:
        """CreateJobQueue: CREATING, and soon VALID."""
        name = request["jobQueueName"]
        check_name(name, "Job queue")
        check_tags(request.get("tags", {}))
        refuse_unsupported(request, *UNSUPPORTED)
        if name in self.store.queues:
            raise ClientError("Object already exists")
        self.capacity.check_queues(len(self.store.queues))
        self.store.queues[name] = {
            "jobQueueName": name,
            "jobQueueArn": self.store.names.queue(name),
            "state": request.get("state", "ENABLED"),
            "status": "CREATING",
            "statusReason": "",
            "priority": request["priority"],
            "computeEnvironmentOrder": self._order(request.get("computeEnvironmentOrder", [])),
            "jobQueueType": "ECS",
            "tags": request.get("tags", {}),
        }
        self._change(name)
        return {"jobQueueName": name, "jobQueueArn": self.store.names.queue(name)}

    def update(self, request: Record) -> Record:
        """UpdateJobQueue: what the request names changes, the rest stays."""
        refuse_unsupported(request, *UNSUPPORTED)
        queue = self.store.find_queue(request["jobQueue"])
        settling.check_settled(queue, "update")
        if "computeEnvironmentOrder" in request:
            queue["computeEnvironmentOrder"] = self._order(request["computeEnvironmentOrder"])
        for key in ("state", "priority"):
            if key in request:
                queue[key] = request[key]
        queue["status"] = "UPDATING"
        self._change(queue["jobQueueName"])
        return {"jobQueueName": queue["jobQueueName"], "jobQueueArn": queue["jobQueueArn"]}

    def describe(self, request: Record) -> Record:
        """DescribeJobQueues: by names or ARNs, or all; unknown ones are left out."""
        wanted = [last_part(each) for each in request.get("jobQueues", [])]
        names = wanted or list(self.store.queues)
        found = [self.store.queues[name] for name in names if name in self.store.queues]
        return page(found, request, "jobQueues", ClientError)

    def delete(self, request: Record) -> Record:
        """DeleteJobQueue: a DISABLED one; its jobs are terminated first."""
        name = last_part(request["jobQueue"])
        queue = self.store.queues.get(name)
        if queue is None:
            return {}
        settling.check_settled(queue, "delete")
        if queue["state"] != "DISABLED":
            raise ClientError("Cannot delete, state must be DISABLED.")
        queue["status"] = "DELETING"
        for job in list(self.store.jobs_in(name)):
            self.jobs.end(job, "Terminating job from deleted job queue.", terminated=True)
        self._change(name)
        return {}

    def resume(self) -> None:
        """Bring changes to their end that a restart interrupted."""
        for name, queue in self.store.queues.items():
            if queue["status"] in settling.UNSETTLED:
                settling.soon(partial(self._settle, name))

    def _change(self, name: str) -> None:
        self.store.save_resources()
        settling.soon(partial(self._settle, name), self.capacity.faults.slow_changes)

    def _settle(self, name: str) -> None:
        queue = self.store.queues[name]
        if queue["status"] == "DELETING":
            if any(not job.ended for job in self.store.jobs_in(name)):
                settling.soon(partial(self._settle, name))
                return
            del self.store.queues[name]
        else:
            queue["status"] = "VALID"
            queue["statusReason"] = HEALTHY
        self.store.save_resources()
        self.scheduler.look_soon()

    def _order(self, given: list[Record]) -> list[Record]:
        """The environments in their order, by ARN; raises ClientError."""
        if not 1 <= len(given) <= MOST_ENVIRONMENTS:
            raise ClientError(
                f"A job queue must have from 1 to {MOST_ENVIRONMENTS} compute environments."
            )
        ordered = sorted(given, key=lambda each: each["order"])
        return [
            {"order": each["order"], "computeEnvironment": self._valid(each["computeEnvironment"])}
            for each in ordered
        ]

    def _valid(self, reference: str) -> str:
        environment = self.store.environments.get(last_part(reference))
        if environment is None:
            raise ClientError(f"Compute environment {reference} does not exist.")
        if environment["status"] not in ("VALID", "UPDATING"):
            raise ClientError(f"Compute environment {reference} is not VALID.")
        return str(environment["computeEnvironmentArn"])
