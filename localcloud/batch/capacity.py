"""What there is room for: an environment's maximum, the account's quotas, what EC2 has to give.

The texts are AWS's own: Batch user guide, "Jobs stuck in a RUNNABLE status"; EC2's
VcpuLimitExceeded.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from localcloud.api_model import Record
from localcloud.batch.errors import ClientError
from localcloud.batch.faults import Faults
from localcloud.batch.store import Job, Store

TOO_SMALL = (
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue"
    " cannot meet the CPU requirement of the job."
)
UNFIT = (
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU)"
    " is higher than that can be met by the CE(s) attached to the job queue."
)
NONE_LEFT = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for"
    " instance type [{types}]"
)
OVER_QUOTA = (
    "CLIENT_ERROR - You have requested more vCPU capacity than your current vCPU limit of {vcpus}"
    " allows for the instance bucket that the specified instance type belongs to. Please visit"
    " http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."
)

WITH_GPU = re.compile(r"(g|p)\d")
"""How the instance families begin whose hosts have GPUs."""


class Room(Enum):
    """Whether a job fits into an environment now."""

    YES = "yes"
    LATER = "later"
    NONE_LEFT = "none left"
    UNFIT = "unfit"
    TOO_SMALL = "too small"


@dataclass
class Capacity:
    """Answers for all environments."""

    store: Store
    faults: Faults
    hosts_join: Callable[[Record], bool]
    """Whether hosts of a compute environment would register with its ECS cluster."""

    trouble: dict[str, str] = field(default_factory=dict)
    """Why environments, by name, get no hosts at present."""

    def check_environments(self, count: int) -> None:
        """Raise ClientError if the account may have no more compute environments than these."""
        if count >= self.faults.environments:
            raise ClientError(f"Limit of {self.faults.environments} compute environments reached.")

    def check_queues(self, count: int) -> None:
        """Raise ClientError if the account may have no more job queues than these."""
        if count >= self.faults.queues:
            raise ClientError(f"Limit of {self.faults.queues} job queues reached.")

    def room(self, job: Job, environment: Record) -> Room:
        """Whether the job fits; notes as the environment's trouble why EC2 gives it no host."""
        name, resources = environment["computeEnvironmentName"], environment["computeResources"]
        if job.needs("GPU") and not any(map(WITH_GPU.match, resources["instanceTypes"])):
            return Room.UNFIT
        if job.needs("VCPU") > resources["maxvCpus"]:
            return Room.TOO_SMALL
        if not self._takes_jobs(environment):
            return Room.LATER
        if self._used(name) + job.needs("VCPU") > resources["maxvCpus"]:
            return Room.LATER
        trouble = self._trouble(job, resources)
        if trouble:
            self.trouble[name] = trouble
            return Room.NONE_LEFT
        self.trouble.pop(name, None)
        return Room.YES

    def _takes_jobs(self, environment: Record) -> bool:
        is_ready = environment["status"] in ("VALID", "UPDATING")
        return environment["state"] == "ENABLED" and is_ready and self.hosts_join(environment)

    def _trouble(self, job: Job, resources: Record) -> str | None:
        if resources["type"] in self.faults.no_capacity:
            return none_left(resources)
        running = sum(
            self._used(name)
            for name, each in self.store.environments.items()
            if each["computeResources"]["type"] == resources["type"]
        )
        if running + job.needs("VCPU") > self.faults.vcpus:
            return OVER_QUOTA.format(vcpus=self.faults.vcpus)
        return None

    def _used(self, environment: str) -> float:
        return sum(job.needs("VCPU") for job in self.store.placed_in(environment))


def none_left(resources: Record) -> str:
    """What Batch says of a job for which EC2 has no host."""
    return NONE_LEFT.format(types=", ".join(resources["instanceTypes"]))
