"""Operations on services; `scheduler` keeps their tasks running."""

import secrets
from dataclasses import dataclass

from localcloud.api_model import Record
from localcloud.clock import CLOCK
from localcloud.ecs import clusters, task_definitions
from localcloud.ecs.errors import (
    InvalidParameter,
    NotImplementedHere,
    ServiceNotActive,
    ServiceNotFound,
)
from localcloud.ecs.names import last_part
from localcloud.ecs.scheduler import Scheduler
from localcloud.ecs.store import Store
from localcloud.ecs.tags import set_tags, tags_of
from localcloud.paging import page

KEPT = (
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "deploymentConfiguration",
    "healthCheckGracePeriodSeconds",
    "enableECSManagedTags",
    "propagateTags",
    "launchType",
)
"""Settings that are remembered and given back."""


@dataclass(frozen=True)
class ServiceOperations:
    """CreateService, UpdateService, DescribeServices, ListServices and DeleteService."""

    store: Store
    scheduler: Scheduler

    def create(self, request: Record) -> Record:
        """CreateService: its tasks are started at once."""
        _refuse_unsupported(request)
        cluster = clusters.find(self.store, request.get("cluster"))
        if "taskDefinition" not in request:
            raise InvalidParameter("TaskDefinition cannot be null or empty.")
        definition = task_definitions.find_active(self.store, request["taskDefinition"])
        name = request["serviceName"]
        arn = self.store.names.service(cluster["clusterName"], name)
        if self.store.services.get(arn, {}).get("status") == "ACTIVE":
            raise InvalidParameter("Creation of service was not idempotent.")
        service = {key: request[key] for key in KEPT if key in request} | {
            "serviceArn": arn,
            "serviceName": name,
            "clusterArn": cluster["clusterArn"],
            "status": "ACTIVE",
            "desiredCount": request.get("desiredCount", 1),
            "schedulingStrategy": "REPLICA",
            "launchType": "FARGATE",
            "createdAt": CLOCK.time(),
            "events": [],
        }
        self.store.services[arn] = service
        _deploy(service, definition)
        set_tags(self.store, arn, request.get("tags", []))
        self.scheduler.look_after(arn)
        return {"service": self._describe_one(service, with_tags=True)}

    def update(self, request: Record) -> Record:
        """UpdateService: a new task definition replaces tasks once the new ones run."""
        _refuse_unsupported(request)
        service = self._find(request.get("cluster"), request["service"])
        if service["status"] != "ACTIVE":
            raise ServiceNotActive
        service |= {key: request[key] for key in (*KEPT, "desiredCount") if key in request}
        current: str = service["taskDefinition"]
        wanted: str = request.get("taskDefinition", current)
        definition = task_definitions.find_active(self.store, wanted)
        if definition["taskDefinitionArn"] != current or request.get("forceNewDeployment"):
            _deploy(service, definition)
        self.store.save_resources()
        self.scheduler.look_after(service["serviceArn"])
        return {"service": self._describe_one(service, with_tags=False)}

    def describe(self, request: Record) -> Record:
        """DescribeServices."""
        cluster = clusters.find(self.store, request.get("cluster"))["clusterName"]
        with_tags = "TAGS" in request.get("include", [])
        services, failures = [], []
        for reference in request["services"]:
            arn = self.store.names.service(cluster, last_part(reference))
            if arn in self.store.services:
                service = self.store.services[arn]
                services.append(self._describe_one(service, with_tags=with_tags))
            else:
                failures.append({"arn": arn, "reason": "MISSING"})
        return {"services": services, "failures": failures}

    def list_(self, request: Record) -> Record:
        """ListServices."""
        cluster = clusters.find(self.store, request.get("cluster"))
        arns = [
            each["serviceArn"]
            for each in clusters.active_services(self.store, cluster["clusterName"])
        ]
        return page(arns, request, "serviceArns", InvalidParameter)

    def delete(self, request: Record) -> Record:
        """DeleteService: needs `force`, or a desired count of 0."""
        service = self._find(request.get("cluster"), request["service"])
        if service["status"] == "ACTIVE" and service["desiredCount"] and not request.get("force"):
            raise InvalidParameter("The service cannot be stopped while it is scaled above 0.")
        service["status"] = "DRAINING"
        service["desiredCount"] = 0
        self.store.save_resources()
        self.scheduler.look_after(service["serviceArn"])
        return {"service": self._describe_one(service, with_tags=False)}

    def _find(self, cluster: str | None, reference: str) -> Record:
        name = clusters.find(self.store, cluster)["clusterName"]
        service = self.store.services.get(self.store.names.service(name, last_part(reference)))
        if service is None:
            raise ServiceNotFound
        return service

    def _describe_one(self, service: Record, *, with_tags: bool) -> Record:
        counts = self.scheduler.counts(service)
        return service | {
            "tags": tags_of(self.store, service["serviceArn"]) if with_tags else [],
            "deployments": [
                each | counts | {"desiredCount": service["desiredCount"]}
                for each in service["deployments"]
            ],
            **counts,
        }


def _refuse_unsupported(request: Record) -> None:
    if request.get("schedulingStrategy", "REPLICA") != "REPLICA":
        raise NotImplementedHere("Only REPLICA services are part of this stand-in.")
    if request.get("launchType", "FARGATE") != "FARGATE":
        raise NotImplementedHere("Only the launch type FARGATE is part of this stand-in.")
    if request.get("capacityProviderStrategy"):
        raise NotImplementedHere("capacityProviderStrategy is not part of this stand-in.")
    if request.get("desiredCount", 1) < 0:
        raise InvalidParameter("desiredCount must not be negative.")


def _deploy(service: Record, definition: Record) -> None:
    """Make `definition` what the service's tasks run."""
    now = CLOCK.time()
    service["taskDefinition"] = definition["taskDefinitionArn"]
    service["deployments"] = [
        {
            "id": f"ecs-svc/{secrets.randbelow(10**19):019}",
            "status": "PRIMARY",
            "taskDefinition": definition["taskDefinitionArn"],
            "desiredCount": service["desiredCount"],
            "createdAt": now,
            "updatedAt": now,
            "launchType": "FARGATE",
            "rolloutState": "IN_PROGRESS",
        }
    ]
