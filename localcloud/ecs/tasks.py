"""Operations on tasks."""

import copy
from dataclasses import dataclass

from localcloud.api_model import Record
from localcloud.ecs import clusters, records, tags, task_definitions
from localcloud.ecs.engine import Engine
from localcloud.ecs.errors import ClientError, Conflict, InvalidParameter, NotImplementedHere
from localcloud.ecs.names import last_part, new_task_id
from localcloud.ecs.store import Store, Task
from localcloud.paging import page

MOST_AT_ONCE = 10
"""Tasks one RunTask call may start (ECS API reference)."""

FARGATE_MEMORY = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
    8192: tuple(range(16384, 61441, 4096)),
    16384: tuple(range(32768, 122881, 8192)),
}
"""MiB of memory that go with CPU units (ECS developer guide, "Task CPU and memory")."""

SMALLEST_DISK, LARGEST_DISK = 21, 200
"""GiB that an override of ephemeralStorage may ask for (ECS API reference, EphemeralStorage)."""

UNSUPPORTED = ("capacityProviderStrategy", "placementConstraints", "placementStrategy")
"""Options of RunTask which need container instances or capacity providers."""


@dataclass(frozen=True)
class TaskOperations:
    """RunTask, StopTask, DescribeTasks and ListTasks."""

    store: Store
    engine: Engine

    def run(self, request: Record) -> Record:
        """RunTask: the same client token gives the same tasks."""
        _refuse_unsupported(request)
        cluster = clusters.find(self.store, request.get("cluster"))["clusterName"]
        definition = task_definitions.find_active(self.store, request["taskDefinition"])
        _check_run(request, definition)
        earlier = self._with_token(request)
        if earlier:
            return {"tasks": [copy.deepcopy(task.record) for task in earlier], "failures": []}
        started = [self.start(cluster, definition, request) for _ in range(request.get("count", 1))]
        return {"tasks": [describe_one(task, with_tags=True) for task in started], "failures": []}

    def start(
        self, cluster: str, definition: Record, request: Record, service: str | None = None
    ) -> Task:
        """Start one task; `service` is the name of the service it belongs to."""
        record = records.new_task(self.store.names, cluster, new_task_id(), definition, request)
        task = Task(
            record=record,
            tags=self._tags(definition, request),
            definition=definition,
            client_token=request.get("clientToken"),
            request=request,
            service=service,
        )
        self.engine.launch(task)
        return task

    def stop(self, request: Record) -> Record:
        """StopTask: SIGTERM, and SIGKILL after the container's stop timeout."""
        cluster = clusters.find(self.store, request.get("cluster"))
        task = self._find(cluster, request["task"])
        if task is None:
            raise InvalidParameter("The referenced task was not found.")
        reason = request.get("reason", "Task stopped by user")
        self.engine.stop(task, "UserInitiated", reason)
        return {"task": describe_one(task, with_tags=False)}

    def describe(self, request: Record) -> Record:
        """DescribeTasks: those that stopped within the last hour too."""
        if len(request["tasks"]) > 100:
            raise InvalidParameter("At most 100 tasks can be described at once.")
        cluster = clusters.find(self.store, request.get("cluster"))
        with_tags = "TAGS" in request.get("include", [])
        tasks, failures = [], []
        for reference in request["tasks"]:
            task = self._find(cluster, reference)
            if task:
                tasks.append(describe_one(task, with_tags=with_tags))
            else:
                arn = self.store.names.task(cluster["clusterName"], last_part(reference))
                failures.append({"arn": arn, "reason": "MISSING"})
        return {"tasks": tasks, "failures": failures}

    def list_(self, request: Record) -> Record:
        """ListTasks by family, service, startedBy, launch type and desired status."""
        cluster = clusters.find(self.store, request.get("cluster"))
        if "containerInstance" in request:
            raise NotImplementedHere("There are no container instances here.")
        found = [
            task
            for task in clusters.tasks_in(self.store, cluster["clusterName"])
            if _matches(task, request)
        ]
        arns = [task.record["taskArn"] for task in found]
        return page(arns, request, "taskArns", InvalidParameter)

    def _find(self, cluster: Record, reference: str) -> Task | None:
        task = self.store.tasks.get(last_part(reference))
        if task and task.record["clusterArn"] == cluster["clusterArn"]:
            return task
        return None

    def _with_token(self, request: Record) -> list[Task]:
        token = request.get("clientToken")
        tasks = [t for t in self.store.tasks.values() if token and t.client_token == token]
        if any(task.request != request for task in tasks):
            raise Conflict("The client token was used with other parameters.")
        return tasks

    def _tags(self, definition: Record, request: Record) -> list[Record]:
        inherited = []
        if request.get("propagateTags") == "TASK_DEFINITION":
            inherited = tags.tags_of(self.store, definition["taskDefinitionArn"])
        merged = tags.merge(inherited, request.get("tags", []))
        tags.check(merged)
        return merged


def describe_one(task: Task, *, with_tags: bool) -> Record:
    """A task's record as it goes over the wire."""
    return copy.deepcopy(task.record) | {"tags": list(task.tags) if with_tags else []}


def _refuse_unsupported(request: Record) -> None:
    asked = [name for name in UNSUPPORTED if request.get(name)]
    if request.get("enableExecuteCommand"):
        asked.append("enableExecuteCommand")
    if request.get("volumeConfigurations"):
        asked.append("volumeConfigurations")
    if request.get("launchType", "FARGATE") != "FARGATE":
        asked.append(f"launchType {request['launchType']}")
    if asked:
        raise NotImplementedHere(f"Not part of this stand-in: {', '.join(asked)}.")


def _check_run(request: Record, definition: Record) -> None:
    if not 1 <= request.get("count", 1) <= MOST_AT_ONCE:
        raise InvalidParameter(f"Tasks to start must be from 1 to {MOST_AT_ONCE}.")
    if len(request.get("startedBy", "")) > 128:
        raise InvalidParameter("startedBy must be at most 128 characters long.")
    if len(request.get("clientToken", "")) > 64:
        raise InvalidParameter("clientToken must be at most 64 characters long.")
    _check_network(request, definition)
    _check_size(request, definition)
    names = {each["name"] for each in definition["containerDefinitions"]}
    for override in request.get("overrides", {}).get("containerOverrides", []):
        if override.get("environmentFiles"):
            raise NotImplementedHere("environmentFiles is not part of this stand-in.")
        if override.get("name") not in names:
            raise InvalidParameter(
                f"Override for container named {override.get('name')} is not a container"
                " in the TaskDefinition."
            )


def _check_size(request: Record, definition: Record) -> None:
    """A pair of processor and memory, and a disk, that Fargate offers."""
    given = request.get("overrides", {})
    cpu = int(given.get("cpu", definition.get("cpu", 256)))
    memory = int(given.get("memory", definition.get("memory", 512)))
    if memory not in FARGATE_MEMORY.get(cpu, ()):
        raise ClientError("No Fargate configuration exists for given values.")
    disk = given.get("ephemeralStorage", {}).get("sizeInGiB", SMALLEST_DISK)
    if not SMALLEST_DISK <= disk <= LARGEST_DISK:
        raise InvalidParameter(
            f"ephemeralStorage must be from {SMALLEST_DISK} to {LARGEST_DISK} GiB."
        )


def _check_network(request: Record, definition: Record) -> None:
    given = "awsvpcConfiguration" in request.get("networkConfiguration", {})
    wanted = definition["networkMode"] == "awsvpc"
    if wanted and not given:
        raise InvalidParameter(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    if given and not wanted:
        raise InvalidParameter(
            "Network Configuration is not valid for the given networkMode of this task definition."
        )


def _matches(task: Task, request: Record) -> bool:
    record = task.record
    wanted = {
        "desiredStatus": record["desiredStatus"],
        "family": task.definition["family"],
        "startedBy": record["startedBy"],
        "launchType": record["launchType"],
        "serviceName": task.service,
    }
    asked: Record = {"desiredStatus": "RUNNING"} | request
    asked["serviceName"] = last_part(request["serviceName"]) if "serviceName" in request else None
    return all(asked.get(key) in (None, value) for key, value in wanted.items())
