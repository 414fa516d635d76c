"""What ECS knows, in memory and on disk.

Every change is on disk before it is answered: clusters, task definitions and services in one
small file, each task in a file of its own. A file is replaced in one step, so that SIGKILL at
any time leaves either the old or the new one.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from localcloud.api_model import Record
from localcloud.ecs.names import Names
from localcloud.files import write_json


@dataclass
class Task:
    """A task: its record as DescribeTasks gives it, and what the engine needs to know besides."""

    record: Record
    tags: list[Record]
    definition: Record
    address: str | None = None
    client_token: str | None = None
    request: Record | None = None
    service: str | None = None

    @property
    def id(self) -> str:
        """The last part of the task's ARN."""
        arn: str = self.record["taskArn"]
        return arn.rsplit("/", 1)[-1]

    @property
    def stopped(self) -> bool:
        """Whether the task came to its end."""
        return bool(self.record["lastStatus"] == "STOPPED")


@dataclass
class Store:
    """All records; keys are names (clusters), family:revision, ARNs (services, tags), task ids."""

    directory: Path
    names: Names
    clusters: dict[str, Record] = field(default_factory=dict)
    task_definitions: dict[str, Record] = field(default_factory=dict)
    services: dict[str, Record] = field(default_factory=dict)
    tags: dict[str, list[Record]] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)

    KINDS = ("clusters", "task_definitions", "services", "tags", "revisions")

    def load(self) -> None:
        """Read what an earlier run left behind."""
        if self._resources_file.exists():
            saved = json.loads(self._resources_file.read_text())
            for kind in self.KINDS:
                getattr(self, kind).update(saved[kind])
        for file in self._tasks_directory.glob("*.json"):
            task = Task(**json.loads(file.read_text()))
            self.tasks[task.id] = task

    def save_resources(self) -> None:
        """Write everything but the tasks."""
        write_json(self._resources_file, {kind: getattr(self, kind) for kind in self.KINDS})

    def save_task(self, task: Task) -> None:
        """Write one task, and know it from now on."""
        self.tasks[task.id] = task
        write_json(self._task_file(task), asdict(task))

    def has_notebooks(self) -> bool:
        """Whether tasks run that were started one by one, and not by a service."""
        return any(not task.stopped and task.service is None for task in self.tasks.values())

    def forget_task(self, task: Task) -> None:
        """Drop a task that stopped long ago."""
        del self.tasks[task.id]
        self._task_file(task).unlink(missing_ok=True)

    @property
    def _resources_file(self) -> Path:
        return self.directory / "resources.json"

    @property
    def _tasks_directory(self) -> Path:
        return self.directory / "tasks"

    def _task_file(self, task: Task) -> Path:
        return self._tasks_directory / f"{task.id}.json"
