"""The records of tasks and containers, in the shape in which DescribeTasks gives them."""

import secrets
from uuid import uuid4

from localcloud.api_model import Record
from localcloud.clock import CLOCK
from localcloud.ecs.names import Names

DEFAULT_DISK = 20
"""GiB of disk of a task that asks for none (ECS developer guide, "Fargate ephemeral storage")."""

DEFAULT_STOP_TIMEOUT = 30
"""Seconds between SIGTERM and SIGKILL where the container doesn't say (ECS developer guide)."""


def new_task(
    names: Names, cluster: str, task_id: str, definition: Record, request: Record
) -> Record:
    """The record of a task that was accepted and not yet given an address."""
    overrides = _overrides(definition, request)
    now = CLOCK.time()
    return {
        "taskArn": names.task(cluster, task_id),
        "clusterArn": names.cluster(cluster),
        "taskDefinitionArn": definition["taskDefinitionArn"],
        "group": request.get("group", f"family:{definition['family']}"),
        "startedBy": request.get("startedBy", ""),
        "launchType": request.get("launchType", "FARGATE"),
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "availabilityZone": f"{names.region}a",
        "cpu": overrides.get("cpu", definition.get("cpu", "256")),
        "memory": overrides.get("memory", definition.get("memory", "512")),
        "ephemeralStorage": overrides.get("ephemeralStorage", {"sizeInGiB": DEFAULT_DISK}),
        "enableExecuteCommand": False,
        "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
        "attachments": [_attachment(request)],
        "containers": [
            _container(names, cluster, task_id, each) for each in definition["containerDefinitions"]
        ],
        "overrides": overrides,
        "desiredStatus": "RUNNING",
        "lastStatus": "PROVISIONING",
        "healthStatus": "UNKNOWN",
        "createdAt": now,
        "updatedAt": now,
        "version": 1,
    }


def attach_address(record: Record, address: str) -> None:
    """Note the private address that the task was given."""
    attachment = record["attachments"][0]
    attachment["status"] = "ATTACHED"
    attachment["details"].append({"name": "privateIPv4Address", "value": address})
    for container in record["containers"]:
        container["networkInterfaces"] = [
            {"attachmentId": attachment["id"], "privateIpv4Address": address}
        ]


def settle_container(container: Record, exit_code: int | None, reason: str | None = None) -> None:
    """Note how a container ended; exit_code is None where its command never ran."""
    container["lastStatus"] = "STOPPED"
    if exit_code is not None:
        container["exitCode"] = exit_code
    if reason:
        container["reason"] = reason


def _overrides(definition: Record, request: Record) -> Record:
    given: Record = request.get("overrides", {})
    by_name = {each.get("name"): each for each in given.get("containerOverrides", [])}
    containers = [
        by_name.get(each["name"], {"name": each["name"]})
        for each in definition["containerDefinitions"]
    ]
    return given | {
        "containerOverrides": containers,
        "inferenceAcceleratorOverrides": given.get("inferenceAcceleratorOverrides", []),
    }


def _attachment(request: Record) -> Record:
    network = request.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    subnets = network.get("subnets") or ["subnet-local"]
    details = [
        {"name": "subnetId", "value": subnets[0]},
        {"name": "networkInterfaceId", "value": f"eni-{secrets.token_hex(8)}0"},
        {"name": "macAddress", "value": _mac_address()},
    ]
    return {
        "id": str(uuid4()),
        "type": "ElasticNetworkInterface",
        "status": "PRECREATED",
        "details": details,
    }


def _mac_address() -> str:
    return ":".join(["0a", *(f"{byte:02x}" for byte in secrets.token_bytes(5))])


def _container(names: Names, cluster: str, task_id: str, definition: Record) -> Record:
    return {
        "containerArn": names.container(cluster, task_id),
        "taskArn": names.task(cluster, task_id),
        "name": definition["name"],
        "image": definition["image"],
        "runtimeId": f"{task_id}-{secrets.randbelow(10**10):010}",
        "lastStatus": "PENDING",
        "networkInterfaces": [],
        "healthStatus": "UNKNOWN",
        "cpu": str(definition.get("cpu", 0)),
    }
