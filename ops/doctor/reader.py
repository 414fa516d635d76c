"""Reads a world from ECS, Batch and DynamoDB, page by page."""

import time
from collections.abc import Iterator
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from ops.cloud import Cloud
from ops.doctor import cluster_reader
from ops.doctor.world import Notebook, Route, Server, Slots, Task, World

_PAGE = 100
"""Tasks that DescribeTasks takes at a time."""

_CANARY = {"S": "acc_" + "0" * 26}
"""The account of the canary, which has rows and nothing else (`chalicelib/notebooks/canary.py`)."""


class Reader:
    """Reads the worlds of one stage."""

    def __init__(self, cloud: Cloud, stage: str) -> None:
        self._dynamodb = cloud.client("dynamodb")
        self._ecs = cloud.client("ecs")
        self._batch = cloud.client("batch")
        self._name = f"ramon-{stage}"
        self._deserialize = TypeDeserializer().deserialize

    def read(self) -> World:
        """Read everything. Takes a scan of every table: thousands of rows a second."""
        return World(
            now=int(time.time()),
            tasks={task.arn: task for task in map(_task, self._tasks())},
            servers={row["id"]: _server(row) for row in self._rows("servers")},
            notebooks={row["id"]: _notebook(row) for row in self._rows("notebooks")},
            routes={row["host"]: _route(row) for row in self._rows("routes")},
            slots={row["account_id"]: _slots(row) for row in self._rows("slots")},
            batch=cluster_reader.read(self._batch, self._name, self._rows),
        )

    def _rows(self, table: str) -> Iterator[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=f"{self._name}-{table}", ConsistentRead=True
        )
        for page in pages:
            for item in page["Items"]:
                if item.get("account_id") == _CANARY:
                    continue
                yield {key: self._deserialize(value) for key, value in item.items()}

    def _tasks(self) -> Iterator[dict[str, Any]]:
        for status in ("RUNNING", "STOPPED"):
            pages = self._ecs.get_paginator("list_tasks").paginate(
                cluster=self._name, desiredStatus=status, PaginationConfig={"PageSize": _PAGE}
            )
            for page in pages:
                if page["taskArns"]:
                    found = self._ecs.describe_tasks(cluster=self._name, tasks=page["taskArns"])
                    yield from found["tasks"]


def _task(task: dict[str, Any]) -> Task:
    containers = task.get("containers") or [{}]
    interfaces = containers[0].get("networkInterfaces") or [{}]
    return Task(
        arn=task["taskArn"],
        family=task["taskDefinitionArn"].rpartition("/")[2].partition(":")[0],
        server_id=task.get("startedBy", ""),
        status=task["lastStatus"],
        desired_status=task["desiredStatus"],
        address=interfaces[0].get("privateIpv4Address"),
    )


def _server(row: dict[str, Any]) -> Server:
    lease = row.get("lease_expires_at")
    return Server(
        id=row["id"],
        notebook_id=row["notebook_id"],
        account_id=row["account_id"],
        state=row["state"],
        task_arn=row.get("task_arn"),
        is_in_sweeps="live" in row,
        lease_expires_at=None if lease is None else int(lease),
    )


def _notebook(row: dict[str, Any]) -> Notebook:
    return Notebook(
        id=row["id"],
        account_id=row["account_id"],
        state=row["state"],
        server_id=row.get("server_id"),
        is_deleted="deleted_at" in row,
    )


def _route(row: dict[str, Any]) -> Route:
    return Route(
        host=row["host"],
        notebook_id=row.get("notebook_id", ""),
        state=row.get("state", ""),
        target=row.get("target"),
        server_id=row.get("server_id"),
    )


def _slots(row: dict[str, Any]) -> Slots:
    return Slots(account_id=row["account_id"], server_ids=frozenset(row.get("servers", ())))
