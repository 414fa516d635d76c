"""Dask's scheduler, with results that outlive the kernel that wanted them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Collection
from typing import Any

from distributed import Scheduler, SchedulerPlugin
from distributed.core import Status
from distributed.scheduler import ClientState, TaskState, WorkerState

log = logging.getLogger(__name__)

KEEPER = "ramon-keeper"
"""The client that wants what a lost client had wanted."""

WORKER_CLIENT = "Client-worker-"
"""How Dask calls the clients that tasks open on workers."""

WAITING = ("waiting", "queued", "no-worker")

RENEW_SECONDS = 10.0
"""Seconds for a worker's nanny to say that it begins anew."""


class KeepingScheduler(Scheduler):
    """A scheduler that keeps results for a client that was lost without saying goodbye.

    A client that closes releases what it wanted, as always in Dask. One whose connection just
    ends (its kernel was killed) leaves its keys to the keeper, until `ramon_release`.

    changed: set whenever workers or clients came or went. It remembers which workers it let go
    (`ramon_let_go`), so that one whose connection ended can ask whether that was meant.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.changed = asyncio.Event()
        self.last_active_at = time.time()
        self._seen_transitions = 0
        self._closing_clients: set[str] = set()
        self._submitted: dict[Any, int] = {}
        self._submissions = 0
        self._let_go: set[str] = set()
        self.handlers["ramon_let_go"] = self.has_let_go
        self.handlers["ramon_kept"] = self.kept
        self.handlers["ramon_want"] = self.want_kept
        self.handlers["ramon_release"] = self.release_kept
        self.stream_handlers["close-client"] = self._close_client
        self.add_plugin(_Watch(self), name="ramon")

    async def kept(self) -> list[Any]:
        """The keys that lost clients wanted, in the order in which they were submitted."""
        keeper = self.clients.get(KEEPER)
        return [task.key for task in self.in_order(keeper.wants_what)] if keeper else []

    async def want_kept(self, keys: Collection[Any], client: str) -> None:
        """Let a client want these too; it is told of their states, now and whenever they change."""
        self.client_desires_keys([key for key in keys if key in self.tasks], client)

    async def release_kept(self, keys: Collection[Any]) -> None:
        """Keep these no longer. Keys that are not kept are ignored."""
        if keeper := self.clients.get(KEEPER):
            held = {task.key for task in keeper.wants_what}
            self.client_releases_keys([key for key in keys if key in held], KEEPER)

    async def end_workers(self, seconds: float) -> None:
        """Have every worker's job end, in order; those that don't answer notice later."""
        nannies = [worker.nanny for worker in self.workers.values() if worker.nanny]
        told = (self.rpc(nanny).terminate() for nanny in nannies)
        try:
            answers = await asyncio.wait_for(asyncio.gather(*told, return_exceptions=True), seconds)
        except TimeoutError:
            log.info("Not every worker said in time that it ends.")
            return
        for error in filter(lambda answer: isinstance(answer, BaseException), answers):
            log.info("A worker did not say that it ends: %s", error)

    async def renew_workers(self) -> int:
        """Have every worker fetch the environment anew and start again; how many do.

        What they hold is computed again where it is still wanted. One that can't be told leaves,
        for it would go on with what is old; the others and the scheduler don't mind.
        """
        ours = [worker for worker in self.workers.values() if _is_ours(_name(worker))]
        return sum(await asyncio.gather(*map(self._renew, ours)))

    async def _renew(self, worker: WorkerState) -> bool:
        """Tell the nanny first: a worker that finds itself removed would end for good."""
        told = False
        try:
            await asyncio.wait_for(self.rpc(worker.nanny).ramon_renew(), RENEW_SECONDS)
            told = True
        except Exception:  # whatever one nanny raises or answers
            log.warning("%s leaves: it could not be renewed.", worker.name, exc_info=True)
        await self.remove_worker(
            worker.address, stimulus_id="ramon-renew", expected=True, close=not told
        )
        return told

    async def has_let_go(self, name: str) -> bool:
        """Whether the worker of this name was retired, here or by somebody's client."""
        return name in self._let_go

    async def remove_worker(
        self, address: str, *, stimulus_id: str, expected: bool = False, close: bool = True
    ) -> Any:
        """A worker has gone, or is to go: if that is `expected`, it is let go."""
        worker = self.workers.get(self.coerce_address(address))
        if worker is not None and expected:
            self._let_go.add(_name(worker))
        return await super().remove_worker(
            address, stimulus_id=stimulus_id, expected=expected, close=close
        )

    def welcome(self, address: str) -> None:
        """A worker has joined, perhaps once more."""
        self._let_go.discard(_name(self.workers[address]))
        self.changed.set()

    def remove_client(self, client: str, stimulus_id: str | None = None) -> None:
        """A client has gone; unless it closed, what it wanted is kept."""
        state = self.clients.get(client)
        closed = client in self._closing_clients or client.startswith(WORKER_CLIENT)
        if state is not None and not closed:
            self._keep(state.wants_what)
        self._closing_clients.discard(client)
        super().remove_client(client, stimulus_id)

    def submitted(self, keys: Collection[Any]) -> None:
        """Remember that these keys were asked for after all others."""
        self._submissions += 1
        for key in keys:
            self._submitted.setdefault(key, self._submissions)
        if len(self._submitted) > 2 * len(self.tasks) + 1000:
            known = self._submitted
            self._submitted = {key: known[key] for key in known if key in self.tasks}

    def in_order(self, tasks: Collection[TaskState]) -> list[TaskState]:
        """Tasks as they were submitted; within one `map`, in the order of its arguments."""

        def position(task: TaskState) -> tuple[float, float]:
            return self._submitted.get(task.key, 0), task.priority[-1] if task.priority else 0

        return sorted(tasks, key=position)

    def report_of_state(self) -> dict[str, Any]:
        """What the agent reports: workers by name, how many are paused, clients, and tasks."""
        states: Counter[str] = Counter()
        for group in self.task_groups.values():
            states.update(group.states)
        tasks = {
            "waiting": sum(states[name] for name in WAITING),
            "processing": states["processing"],
            "memory": states["memory"],
            "erred": states["erred"],
        }
        active = bool(tasks["waiting"] or tasks["processing"])
        if active or self.transition_counter != self._seen_transitions:
            self._seen_transitions = self.transition_counter
            self.last_active_at = time.time()
        ours = [worker for worker in self.workers.values() if _is_ours(_name(worker))]
        return {
            "joined": sorted(map(_name, ours)),
            "paused": sum(worker.status is Status.paused for worker in ours),
            "clients": sum(not name.startswith(WORKER_CLIENT) for name in self.client_comms),
            "active": active,
            "last_active_at": self.last_active_at,
            "tasks": tasks,
        }

    def _keep(self, tasks: Collection[TaskState]) -> None:
        """Let the keeper want these. Unlike `client_desires_keys`, this tells no client."""
        keeper = self.clients.setdefault(KEEPER, ClientState(KEEPER))
        for task in tasks:
            task.who_wants = (task.who_wants or set()) | {keeper}
            keeper.wants_what.add(task)

    def _close_client(self, client: str) -> None:
        self._closing_clients.add(client)
        self.remove_client(client)


def _name(worker: WorkerState) -> str:
    return str(worker.name)


def _is_ours(name: str) -> bool:
    """Whether a job of the service has this name; a user may have started another worker."""
    return name.startswith("wk_")


class _Watch(SchedulerPlugin):
    """Tells a KeepingScheduler what happens to it."""

    def __init__(self, scheduler: KeepingScheduler) -> None:
        self._scheduler = scheduler

    def _came_or_went(self, *_: Any, **__: Any) -> None:
        self._scheduler.changed.set()

    remove_worker = add_client = remove_client = _came_or_went

    def add_worker(self, scheduler: Scheduler, worker: str) -> None:  # noqa: ARG002 - Dask's
        """A worker has joined."""
        self._scheduler.welcome(worker)

    def update_graph(self, *_: Any, keys: set[Any], **__: Any) -> None:
        """A client asks for `keys`."""
        self._scheduler.submitted(keys)
