"""Keeps each service at its desired count: starts, replaces, restarts with back-off."""

import asyncio
import time
from collections.abc import Callable

from localcloud.api_model import Record
from localcloud.clock import CLOCK
from localcloud.ecs import task_definitions
from localcloud.ecs.engine import Engine
from localcloud.ecs.names import last_part
from localcloud.ecs.store import Store, Task

LONGEST_BACK_OFF = 30.0
"""Seconds between restarts of a task that keeps dying; the first restart is immediate."""

STEADY_SECONDS = 30.0
"""A task that ran so long did not fail to start; the back-off begins anew."""

EVENTS_KEPT = 100
"""Service events that DescribeServices gives (ECS API reference)."""

Start = Callable[[str, Record, Record, str], Task]
"""Starts a task: cluster, task definition, RunTask request, service name."""


class Scheduler:
    """One for all services; `look_after` is called whenever something may have changed."""

    def __init__(self, store: Store, engine: Engine, start: Start) -> None:
        self._store = store
        self._engine = engine
        self._start = start
        self._failures: dict[str, int] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._mourned: set[str] = set()
        self._closed = False
        engine.on_change = self._task_changed

    def resume(self) -> None:
        """Look after every service, after a restart."""
        for arn in list(self._store.services):
            self.look_after(arn)

    def close(self) -> None:
        """Start nothing any more."""
        self._closed = True
        for timer in self._timers.values():
            timer.cancel()

    def counts(self, service: Record) -> Record:
        """How many tasks of the service run and how many are on their way."""
        states = [task.record["lastStatus"] for task in self._wanted(service)]
        running = states.count("RUNNING")
        return {"runningCount": running, "pendingCount": len(states) - running}

    def look_after(self, arn: str) -> None:
        """Bring a service nearer to what it should be."""
        service = self._store.services.get(arn)
        if self._closed or service is None or service["status"] == "INACTIVE":
            return
        if service["desiredCount"] == 0:
            self._failures.pop(arn, None)
        current, outdated = self._by_deployment(service)
        surplus = len(current) - service["desiredCount"]
        for _ in range(-surplus):
            self._start_one(service)
        for task in current[: max(surplus, 0)]:
            self._engine.stop(task, "ServiceSchedulerInitiated", _scaling_reason(service))
        if self._steady(service, current):
            for task in outdated:
                self._engine.stop(task, "ServiceSchedulerInitiated", _scaling_reason(service))
            service["deployments"][0]["rolloutState"] = "COMPLETED"
        self._settle(service)

    def _task_changed(self, task: Task) -> None:
        if task.service is None:
            return
        arn = self._store.names.service(last_part(task.record["clusterArn"]), task.service)
        died = task.record.get("stopCode") not in (None, "ServiceSchedulerInitiated")
        if died and task.id not in self._mourned:
            self._mourned.add(task.id)
            self._restart_later(arn, task)
        if task.stopped:
            self._mourned.discard(task.id)
        if not died:
            asyncio.get_running_loop().call_soon(self.look_after, arn)

    def _restart_later(self, arn: str, task: Task) -> None:
        started = task.record.get("startedAt")
        steady = started and task.record["stoppingAt"] - started > STEADY_SECONDS
        failures = 0 if steady else self._failures.get(arn, 0)
        self._failures[arn] = failures + 1
        delay = min(2.0 ** (failures - 1), LONGEST_BACK_OFF) if failures else 0.0
        service = self._store.services.get(arn)
        if service:
            _note(service, f"task {task.id} stopped: {task.record['stoppedReason']}")
        if not self._closed:
            loop = asyncio.get_running_loop()
            self._timers[arn] = loop.call_later(delay, self._restart, arn)

    def _restart(self, arn: str) -> None:
        self._timers.pop(arn, None)
        self.look_after(arn)

    def _start_one(self, service: Record) -> None:
        if service["serviceArn"] in self._timers:
            return  # its tasks keep dying: wait for the back-off
        definition = task_definitions.find(self._store, service["taskDefinition"])
        request = {
            "startedBy": service["deployments"][0]["id"],
            "group": f"service:{service['serviceName']}",
            "networkConfiguration": service.get("networkConfiguration", {}),
        }
        cluster = last_part(service["clusterArn"])
        self._start(cluster, definition, request, service["serviceName"])

    def _wanted(self, service: Record) -> list[Task]:
        return [
            task
            for task in self._store.tasks.values()
            if task.service == service["serviceName"]
            and task.record["clusterArn"] == service["clusterArn"]
            and task.record["desiredStatus"] == "RUNNING"
        ]

    def _by_deployment(self, service: Record) -> tuple[list[Task], list[Task]]:
        newest = service["deployments"][0]["id"]
        wanted = self._wanted(service)
        current = [task for task in wanted if task.record["startedBy"] == newest]
        return current, [task for task in wanted if task.record["startedBy"] != newest]

    def _steady(self, service: Record, current: list[Task]) -> bool:
        running = [task for task in current if task.record["lastStatus"] == "RUNNING"]
        desired: int = service["desiredCount"]
        return len(running) >= desired

    def _settle(self, service: Record) -> None:
        if service["status"] == "DRAINING" and not self._wanted(service):
            service["status"] = "INACTIVE"
        self._store.save_resources()


def _scaling_reason(service: Record) -> str:
    return f"Scaling activity initiated by (deployment {service['deployments'][0]['id']})"


def _note(service: Record, message: str) -> None:
    event = {"id": str(time.time_ns()), "createdAt": CLOCK.time(), "message": message}
    service["events"] = [event, *service["events"]][:EVENTS_KEPT]
