"""Operations on compute environments."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

from localcloud.api_model import Record
from localcloud.batch import settling
from localcloud.batch.capacity import Capacity
from localcloud.batch.engine import Engine
from localcloud.batch.errors import ClientError, NotImplementedHere, refuse_unsupported
from localcloud.batch.names import check_name, last_part
from localcloud.batch.scheduler import Scheduler
from localcloud.batch.store import Store
from localcloud.batch.tags import check_tags
from localcloud.paging import page

HEALTHY = "ComputeEnvironment Healthy"

TYPES = ("EC2", "SPOT")
"""Kinds of capacity that can be had here."""

NEEDED = ("instanceTypes", "subnets", "instanceRole", "securityGroupIds")
"""What a managed environment of EC2 instances must say (Batch API reference, ComputeResource)."""


@dataclass(frozen=True)
class EnvironmentOperations:
    """Create-, Update-, Describe- and DeleteComputeEnvironment."""

    store: Store
    engine: Engine
    scheduler: Scheduler
    capacity: Capacity

    def create(self, request: Record) -> Record:
        """CreateComputeEnvironment: CREATING, and soon VALID."""
        name = request["computeEnvironmentName"]
        _check_new(request)
        if name in self.store.environments:
            raise ClientError("Object already exists")
        self.capacity.check_environments(len(self.store.environments))
        arn = self.store.names.environment(name)
        uuid = str(uuid4())
        self.store.environments[name] = {
            "computeEnvironmentName": name,
            "computeEnvironmentArn": arn,
            "ecsClusterArn": self.store.names.ecs_cluster(name, uuid),
            "tags": request.get("tags", {}),
            "type": request["type"],
            "state": request.get("state", "ENABLED"),
            "status": "CREATING",
            "statusReason": "",
            "computeResources": _resources(request["computeResources"]),
            "serviceRole": request.get("serviceRole", self._service_linked_role()),
            "containerOrchestrationType": "ECS",
            "uuid": uuid,
        }
        self._change(name)
        return {"computeEnvironmentName": name, "computeEnvironmentArn": arn}

    def update(self, request: Record) -> Record:
        """UpdateComputeEnvironment: what the request names changes, the rest stays."""
        refuse_unsupported(request, "unmanagedvCpus", "eksConfiguration", "ecsSettings")
        environment = self.find(request["computeEnvironment"])
        settling.check_settled(environment, "update")
        resources = environment["computeResources"] | request.get("computeResources", {})
        _check_counts(resources)
        environment["computeResources"] = resources
        for key in ("state", "serviceRole", "updatePolicy"):
            if key in request:
                environment[key] = request[key]
        environment["status"] = "UPDATING"
        name = environment["computeEnvironmentName"]
        self._change(name)
        return {
            "computeEnvironmentName": name,
            "computeEnvironmentArn": environment["computeEnvironmentArn"],
        }

    def describe(self, request: Record) -> Record:
        """DescribeComputeEnvironments: by names or ARNs, or all; unknown ones are left out."""
        wanted = [last_part(each) for each in request.get("computeEnvironments", [])]
        names = wanted or list(self.store.environments)
        found = [
            self._described(self.store.environments[name])
            for name in names
            if name in self.store.environments
        ]
        return page(found, request, "computeEnvironments", ClientError)

    def delete(self, request: Record) -> Record:
        """DeleteComputeEnvironment: a DISABLED one that no queue uses; its hosts vanish."""
        name = last_part(request["computeEnvironment"])
        environment = self.store.environments.get(name)
        if environment is None:
            return {}
        settling.check_settled(environment, "delete")
        if environment["state"] != "DISABLED":
            raise ClientError("Cannot delete, state must be DISABLED.")
        if self._used_by_queue(environment["computeEnvironmentArn"]):
            raise ClientError("Cannot delete, found existing JobQueue relationship.")
        environment["status"] = "DELETING"
        for job in self.store.placed_in(name):
            self.engine.lose_host(job)
        self._change(name)
        return {}

    def resume(self) -> None:
        """Bring changes to their end that a restart interrupted."""
        for name, environment in self.store.environments.items():
            if environment["status"] in settling.UNSETTLED:
                settling.soon(partial(self._settle, name))

    def find(self, reference: str) -> Record:
        """The environment of a name or ARN; raises ClientError."""
        environment = self.store.environments.get(last_part(reference))
        if environment is None:
            raise ClientError(f"Object does not exist: {reference}")
        return environment

    def _change(self, name: str) -> None:
        self.store.save_resources()
        settling.soon(partial(self._settle, name), self.capacity.faults.slow_changes)

    def _settle(self, name: str) -> None:
        environment = self.store.environments[name]
        if environment["status"] == "DELETING":
            if self.store.placed_in(name):
                settling.soon(partial(self._settle, name))
                return
            del self.store.environments[name]
        else:
            environment["status"] = "VALID"
            environment["statusReason"] = HEALTHY
        self.store.save_resources()
        self.scheduler.look_soon()

    def _used_by_queue(self, arn: str) -> bool:
        return any(
            each["computeEnvironment"] == arn
            for queue in self.store.queues.values()
            for each in queue["computeEnvironmentOrder"]
        )

    def _described(self, environment: Record) -> Record:
        name, resources = environment["computeEnvironmentName"], environment["computeResources"]
        used = sum(job.needs("VCPU") for job in self.store.placed_in(name))
        desired = max(int(used), resources["minvCpus"])
        reason = self.capacity.trouble.get(name) or environment["statusReason"]
        changed: dict[str, Any] = {"computeResources": resources | {"desiredvCpus": desired}}
        return environment | changed | {"statusReason": reason}

    def _service_linked_role(self) -> str:
        role = "aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
        return f"arn:aws:iam::{self.store.names.account}:role/{role}"


def _check_new(request: Record) -> None:
    check_name(request["computeEnvironmentName"], "Compute environment")
    check_tags(request.get("tags", {}))
    refuse_unsupported(request, "unmanagedvCpus", "eksConfiguration", "ecsSettings")
    if request["type"] != "MANAGED":
        raise NotImplementedHere("UNMANAGED compute environments are not part of this stand-in.")
    resources = request.get("computeResources")
    if not resources:
        raise ClientError("computeResources must be provided for a MANAGED compute environment.")
    if resources["type"] not in TYPES:
        raise NotImplementedHere(f"{resources['type']} is not part of this stand-in.")
    for member in NEEDED:
        if not resources.get(member) and not _in_launch_template(member, resources):
            raise ClientError(f"computeResources.{member} must not be empty.")
    _check_counts(_resources(resources))


def _in_launch_template(member: str, resources: Record) -> bool:
    return member == "securityGroupIds" and "launchTemplate" in resources


def _resources(given: Record) -> Record:
    """With what Batch fills in."""
    defaults: Record = {"minvCpus": 0, "desiredvCpus": 0, "allocationStrategy": "BEST_FIT"}
    return defaults | given


def _check_counts(resources: Record) -> None:
    if not 0 <= resources["minvCpus"] <= resources["maxvCpus"]:
        raise ClientError("computeResources.minvCpus must be from 0 to maxvCpus.")
