"""Parts that can be made to fail at will. They stand in for ECS and Step Functions only where a
test decides when a task dies, an event is late, or a step runs twice."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.notebooks import fargate, state_machines


class FakeEcs:
    """Tasks that start and stop when they are told to."""

    def __init__(self) -> None:
        self.tasks: dict[str, fargate.Task] = {}
        self.events: list[fargate.Task] = []
        self.has_capacity = True
        self.knows_tasks = True
        """Whether its lists have the tasks that run: they are eventually consistent."""
        self.tells_addresses = True

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put this in the adapter's place."""
        for name in ("launch", "stop", "find", "describe", "running"):
            patch.setattr(fargate, name, getattr(self, name))

    def launch(self, launch: fargate.Launch) -> str:
        """As RunTask with the server's id as its client token."""
        if not self.has_capacity:
            raise fargate.LaunchRefused("RESOURCE:CPU")
        arn = f"arn:task/{launch.server_id}"
        if arn not in self.tasks:
            self.tasks[arn] = fargate.Task(
                arn, launch.server_id, "RUNNING", clock.now(), None, None, None, None, "127.1.2.3",
                started_at=clock.now(),
            )  # fmt: skip
        return arn

    def stop(self, task_arn: str, _reason: str) -> None:
        """As StopTask, of a program that stops at once."""
        self.die(task_arn, 0)

    def die(self, task_arn: str, exit_code: int) -> None:
        """The task ends, and an event is on its way."""
        task = self.tasks[task_arn]
        if not task.is_over:
            over = replace(task, status="STOPPED", stopped_at=clock.now(), exit_code=exit_code)
            self.tasks[task_arn] = over
            self.events.append(over)

    def find(self, server_id: str) -> fargate.Task | None:
        """As ListTasks by startedBy."""
        return next(iter(self.describe([f"arn:task/{server_id}"])), None)

    def describe(self, task_arns: list[str]) -> list[fargate.Task]:
        """As DescribeTasks."""
        known = [self.tasks[arn] for arn in task_arns if arn in self.tasks and self.knows_tasks]
        return known if self.tells_addresses else [replace(task, address=None) for task in known]

    def running(self) -> Iterator[fargate.Task]:
        """As ListTasks of what is wanted to run."""
        known = list(self.tasks.values()) if self.knows_tasks else []
        return (task for task in known if not task.is_over)


def event_of(task: fargate.Task) -> dict[str, Any]:
    """What EventBridge tells of a task."""

    def text(moment: datetime | None) -> str | None:
        return None if moment is None else moment.isoformat().replace("+00:00", "Z")

    return {
        "taskArn": task.arn,
        "startedBy": task.server_id,
        "lastStatus": task.status,
        "createdAt": text(task.created_at),
        "startedAt": text(task.started_at),
        "stoppedAt": text(task.stopped_at),
        "containers": [
            {
                "name": "notebook",
                "exitCode": task.exit_code,
                "networkInterfaces": [{"privateIpv4Address": task.address}],
            }
        ],
    }


@dataclass
class Execution:
    """A state machine at work on a server: what it is told, and which step is next."""

    machine: str
    work: dict[str, str]
    step: str
    token: str
    is_waiting: bool = False
    tries: int = 0


@dataclass
class FakeMachines:
    """Executions that go on one step at a time, when the test says so."""

    executions: dict[str, Execution] = field(default_factory=dict)
    is_down: bool = False

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put this in the adapter's place."""
        for name in ("begin_start", "begin_stop", "succeed", "fail", "beat"):
            patch.setattr(state_machines, name, getattr(self, name))

    def begin_start(self, work: dict[str, str]) -> None:
        """As StartExecution with the server's id as its name."""
        self._begin("start", "launch", work["server_id"], work)

    def begin_stop(self, work: dict[str, str], attempt: str) -> None:
        """As StartExecution of a stop."""
        self._begin("stop", "stop", f"{work['server_id']}-{attempt}", work)

    def _begin(self, machine: str, step: str, name: str, work: dict[str, str]) -> None:
        if self.is_down:
            raise ConnectionError("Step Functions can't be reached")
        self.executions.setdefault(name, Execution(machine, work, step, token=name))

    def succeed(self, token: str, _output: dict[str, Any]) -> None:
        """The waiting step is done."""
        self._answer(token, {"launch": "open", "stop": "close"})

    def fail(self, token: str, _error: str, _cause: str) -> None:
        """The waiting step has failed; both machines catch that."""
        self._answer(token, {"launch": "fail", "stop": "close"})

    def beat(self, _token: str) -> None:
        """Nothing here times out by itself."""

    def _answer(self, token: str, following: dict[str, str]) -> None:
        execution = self.executions.get(token)
        if execution is not None and execution.step in following:
            execution.step = following[execution.step]
            execution.is_waiting = False

    @property
    def ready(self) -> list[Execution]:
        """Executions whose next step can run."""
        return [e for e in self.executions.values() if e.step != "done" and not e.is_waiting]
