"""The adapter to Batch's compute environments and queues: a pair of one name for each pool."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.clusters import batch
from chalicelib.clusters.states import PoolKind
from chalicelib.core import aws, config

_GPU_TYPES = ["g4dn", "g5", "g6"]
_ANY_TYPE = ["optimal"]
_FULL = ("limit", "maximum", "exceed")
"""Words by which Batch says that there are too many environments."""
_CHANGING = ("CREATING", "UPDATING", "DELETING")


class NoneFree(Exception):
    """The cell has as many compute environments as AWS allows."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How an environment or a queue is, as Batch tells."""

    arn: str
    state: str
    status: str
    reason: str

    @property
    def is_enabled(self) -> bool:
        """Whether it takes work."""
        return self.state == "ENABLED"

    @property
    def is_valid(self) -> bool:
        """Whether nothing about it is changing, or wrong."""
        return self.status == "VALID"


def name(account_id: str, kind: str) -> str:
    """The name of a pool's compute environment, and of its queue."""
    return f"ramon-{config.stage()}-{account_id}-{kind}"


def environment(pool: str) -> Condition | None:
    """How a pool's compute environment is; None if there is none."""
    found = aws.client("batch").describe_compute_environments(computeEnvironments=[pool])
    return _condition(found["computeEnvironments"], "computeEnvironmentArn")


def queue(pool: str) -> Condition | None:
    """How a pool's queue is; None if there is none."""
    found = aws.client("batch").describe_job_queues(jobQueues=[pool])
    return _condition(found["jobQueues"], "jobQueueArn")


def _condition(found: list[dict[str, Any]], arn: str) -> Condition | None:
    there = [each for each in found if each["status"] != "DELETED"]
    if not there:
        return None
    one = there[0]
    return Condition(one[arn], one["state"], one["status"], one.get("statusReason") or "")


def make_environment(pool: str, account_id: str, kind: str) -> None:
    """Make a pool's compute environment; one that is there already is no error.

    Raises `NoneFree`.
    """
    tags = batch.tags(account_id, pool)
    try:
        aws.client("batch").create_compute_environment(
            computeEnvironmentName=pool,
            type="MANAGED",
            state="ENABLED",
            computeResources={**_resources(kind), "tags": {**tags, "Name": pool}},
            tags=tags,
        )
    except ClientError as error:
        message = error.response["Error"]["Message"].lower()
        if "already exists" in message:
            return
        if any(word in message for word in _FULL):
            raise NoneFree(message) from error
        raise


def _resources(kind: str) -> dict[str, Any]:
    settings = config.settings()
    is_spot = kind == PoolKind.SPOT
    return {
        "type": "SPOT" if is_spot else "EC2",
        "allocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED"
        if is_spot
        else "BEST_FIT_PROGRESSIVE",
        "minvCpus": 0,
        "maxvCpus": int(settings.pool_vcpus),
        "instanceTypes": _GPU_TYPES if kind == PoolKind.GPU else _ANY_TYPE,
        "subnets": settings.subnets.split(","),
        "securityGroupIds": [settings.worker_security_group],
        "instanceRole": settings.worker_instance_profile,
        "launchTemplate": {
            "launchTemplateId": settings.worker_launch_template,
            "version": "$Latest",
        },
    }


def make_queue(pool: str, account_id: str) -> None:
    """Make a pool's queue; one that is there already is no error."""
    try:
        aws.client("batch").create_job_queue(
            jobQueueName=pool,
            state="ENABLED",
            priority=1,
            computeEnvironmentOrder=[{"order": 1, "computeEnvironment": pool}],
            tags=batch.tags(account_id, pool),
        )
    except ClientError as error:
        if "already exists" not in error.response["Error"]["Message"].lower():
            raise


def remove(pool: str) -> bool:
    """Take the next step of removing a queue, then its environment. True once both are gone.

    Each is disabled first, and deleted once that is done.
    """
    client = aws.client("batch")
    found = queue(pool)
    if found is not None:
        if found.is_enabled:
            client.update_job_queue(jobQueue=pool, state="DISABLED")
        elif found.status not in _CHANGING:
            client.delete_job_queue(jobQueue=pool)
        return False
    found = environment(pool)
    if found is None:
        return True
    if found.is_enabled:
        client.update_compute_environment(computeEnvironment=pool, state="DISABLED")
    elif found.status not in _CHANGING:
        client.delete_compute_environment(computeEnvironment=pool)
    return False
