"""Runs tasks: from PROVISIONING to STOPPED, each as an asyncio task of the launcher's loop."""

import asyncio
import copy
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localcloud.api_model import Record
from localcloud.clock import CLOCK
from localcloud.containers import addresses, process, strays
from localcloud.containers.process import ContainerProcess, StartError
from localcloud.ecs import records
from localcloud.ecs.environment import ContainerSpecs, Places, ports
from localcloud.ecs.store import Store, Task

Emit = Callable[[Record], None]
"""Publishes the state that a task's record shows."""

Credentials = Callable[[Task], dict[str, str]]
"""The environment that gives a task the rights of its role; empty for a role without rights."""

KEPT_SECONDS = 3600.0
"""How long a stopped task can be described (ECS API reference, DescribeTasks)."""

LAST_WORDS_SECONDS = 3.0
"""Longest wait for the exit records of tasks that died with an earlier launcher."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Surroundings:
    """What the engine needs of the rest of the stand-in."""

    specs: ContainerSpecs
    places: Places
    emit: Emit
    credentials: Credentials


class Engine:
    """Starts and stops tasks and writes down every step."""

    def __init__(self, store: Store, surroundings: Surroundings) -> None:
        self.store = store
        self.on_change: Callable[[Task], None] = lambda _: None
        self._around = surroundings
        self._runs: dict[str, asyncio.Task[None]] = {}
        self._stop_requests: dict[str, asyncio.Event] = {}

    def launch(self, task: Task) -> None:
        """Begin to run a task that is PROVISIONING."""
        self._stop_requests[task.id] = asyncio.Event()
        self._change(task)
        run = asyncio.create_task(self._run(task), name=f"ecs-task-{task.id}")
        self._runs[task.id] = run
        run.add_done_callback(lambda _: self._runs.pop(task.id, None))

    def stop(self, task: Task, code: str, reason: str) -> None:
        """Ask a task to stop; nothing happens to one that is stopping or stopped."""
        request = self._stop_requests.get(task.id)
        if request is None or task.record["desiredStatus"] == "STOPPED":
            return
        self._mark_stopping(task, code, reason)
        self._change(task)
        request.set()

    async def stop_all(self, reason: str) -> None:
        """Stop every task, as when the machine is taken away, and wait until all are STOPPED."""
        for task in list(self.store.tasks.values()):
            code = "ServiceSchedulerInitiated" if task.service else "UserInitiated"
            self.stop(task, code, reason)
        while self._runs:
            await asyncio.gather(*self._runs.values())

    async def recover(self) -> None:
        """End the tasks that an earlier launcher left, at the times that their shims wrote down."""
        lost = [task for task in self.store.tasks.values() if not task.stopped]
        await self._wait_for_shims(lost)
        strays.kill_strays({task.id for task in lost})
        for task in lost:
            self._recover(task)
        self.forget_old()

    def forget_old(self) -> None:
        """Drop what stopped longer ago than ECS remembers."""
        horizon = CLOCK.time() - KEPT_SECONDS
        for task in list(self.store.tasks.values()):
            if task.stopped and task.record["stoppedAt"] < horizon:
                self.store.forget_task(task)
                for container in task.record["containers"]:
                    self._around.places.log(task, container["name"]).unlink(missing_ok=True)

    async def _run(self, task: Task) -> None:
        stopping = self._stop_requests[task.id]
        try:
            processes = await self._start(task, stopping)
            if processes:
                await self._until_the_end(task, processes, stopping)
        finally:
            self._stop_requests.pop(task.id, None)
        self._finish(task)

    async def _start(self, task: Task, stopping: asyncio.Event) -> list[ContainerProcess]:
        processes: list[ContainerProcess] = []
        try:
            self._provision(task)
            specs = self._around.specs.of(task, self._around.credentials(task))
            task.record["pullStartedAt"] = task.record["pullStoppedAt"] = CLOCK.time()
            for spec in specs:
                if stopping.is_set():
                    break
                processes.append(await process.start(spec))
        except (StartError, addresses.NoAddressError, OSError) as error:
            self._failed_to_start(task, str(error))
            await self._stop_processes(task, processes)
            return []
        if processes and not stopping.is_set():
            self._running(task)
        return processes

    def _provision(self, task: Task) -> None:
        taken = {each.address for each in self.store.tasks.values() if not each.stopped}
        task.address = addresses.pick({each for each in taken if each}, ports(task.definition))
        records.attach_address(task.record, task.address)
        if task.record["desiredStatus"] == "RUNNING":
            task.record["lastStatus"] = "PENDING"
        task.record["connectivity"] = "CONNECTED"
        task.record["connectivityAt"] = CLOCK.time()
        self._change(task)

    def _failed_to_start(self, task: Task, reason: str) -> None:
        logger.warning("task %s did not start: %s", task.id, reason)
        self._mark_stopping(task, "TaskFailedToStart", reason)
        for container in task.record["containers"]:
            records.settle_container(container, None, reason)
        self._change(task)

    def _running(self, task: Task) -> None:
        task.record["lastStatus"] = "RUNNING"
        task.record["startedAt"] = CLOCK.time()
        for container in task.record["containers"]:
            container["lastStatus"] = "RUNNING"
        self._change(task)

    async def _until_the_end(
        self, task: Task, processes: list[ContainerProcess], stopping: asyncio.Event
    ) -> None:
        """Wait for an essential container's exit or a stop request, then stop what is left."""
        essential = {
            each["name"]
            for each in task.definition["containerDefinitions"]
            if each.get("essential", True)
        }
        exits = {
            asyncio.create_task(each.wait()): each
            for each in processes
            if each.spec.name in essential
        }
        request = asyncio.create_task(stopping.wait())
        await asyncio.wait([request, *exits], return_when=asyncio.FIRST_COMPLETED)
        if task.record["desiredStatus"] != "STOPPED":
            self._mark_stopping(
                task, "EssentialContainerExited", "Essential container in task exited"
            )
            self._change(task)
        await self._stop_processes(task, processes)
        request.cancel()
        await asyncio.gather(request, *exits, return_exceptions=True)

    async def _stop_processes(self, task: Task, processes: list[ContainerProcess]) -> None:
        ends = await asyncio.gather(*(each.stop() for each in processes))
        if any(end["cause"] == "lost" for end in ends):
            strays.kill_strays({task.id})
        self._settle(task, {p.spec.name: end for p, end in zip(processes, ends, strict=True)})

    def _settle(self, task: Task, ends: dict[str, Record]) -> None:
        for container in task.record["containers"]:
            end = ends.get(container["name"])
            if end:
                records.settle_container(container, end["exit_code"], end.get("error"))
        if ends:
            last = max(end["finished_at"] for end in ends.values())
            task.record["executionStoppedAt"] = last
        if task.record["lastStatus"] != "DEPROVISIONING":
            task.record["lastStatus"] = "DEPROVISIONING"
            self._change(task)

    def _finish(self, task: Task) -> None:
        task.record["stoppedAt"] = CLOCK.time()
        self._conclude(task)

    def _conclude(self, task: Task) -> None:
        for container in task.record["containers"]:
            container["lastStatus"] = "STOPPED"
        task.record["lastStatus"] = "STOPPED"
        task.record["attachments"][0]["status"] = "DELETED"
        shutil.rmtree(self._around.places.of(task), ignore_errors=True)
        self._change(task)

    async def _wait_for_shims(self, tasks: list[Task]) -> None:
        """Give shims time for their last words, if the earlier launcher died just now."""
        started = [task for task in tasks if "startedAt" in task.record]
        for _ in range(round(LAST_WORDS_SECONDS / 0.05)):
            if all(self._exit_files(task) for task in started):
                return
            await asyncio.sleep(0.05)

    def _exit_files(self, task: Task) -> list[Path]:
        """The exit records of a task that its shims have written."""
        directory = self._around.places.of(task)
        names = [container["name"] for container in task.record["containers"]]
        files = [process.exit_record_file(directory, name) for name in names]
        return [file for file in files if file.exists()]

    def _recover(self, task: Task) -> None:
        directory = self._around.places.of(task)
        if task.record["desiredStatus"] != "STOPPED":
            self._mark_stopping(task, "TerminationNotice", "The local cloud ended unexpectedly.")
        finished = []
        for container in task.record["containers"]:
            if process.exit_record_file(directory, container["name"]).exists():
                end = process.read_exit_record(directory, container["name"])
                records.settle_container(container, end["exit_code"], end["error"])
                finished.append(end["finished_at"])
        stopped_at = max(finished, default=CLOCK.time())
        task.record["stoppingAt"] = min(task.record["stoppingAt"], stopped_at)
        task.record["executionStoppedAt"] = task.record["stoppedAt"] = stopped_at
        self._conclude(task)

    def _mark_stopping(self, task: Task, code: str, reason: str) -> None:
        task.record["desiredStatus"] = "STOPPED"
        task.record["stopCode"] = code
        task.record["stoppedReason"] = reason
        task.record["stoppingAt"] = CLOCK.time()

    def _change(self, task: Task) -> None:
        """Write the record down and tell the world."""
        task.record["version"] += 1
        task.record["updatedAt"] = CLOCK.time()
        self.store.save_task(task)
        self._around.emit(copy.deepcopy(task.record))
        self.on_change(task)
