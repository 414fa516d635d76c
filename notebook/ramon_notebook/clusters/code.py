"""The scheduler's side of the workspace's code: every call gets it as it is at that moment."""

# Dask's classes are partly untyped.
# mypy: allow-untyped-calls

from __future__ import annotations

import asyncio
import logging
import re
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from distributed.core import error_message
from distributed.protocol.serialize import ToPickle
from distributed.scheduler import Recs, TaskState
from distributed.utils import offload

from ramon.errors import EnvironmentMismatch
from ramon_notebook.clusters.keeping import KeepingScheduler
from ramon_notebook.clusters.sealed import Sealed, sendable
from ramon_notebook.environment.modules import Code
from ramon_notebook.environment.source import Source
from ramon_notebook.environment.versions import Versions
from ramon_notebook.environment.watch import Reader, Watch
from ramon_notebook.errors import Refused

log = logging.getLogger(__name__)
shown = logging.getLogger("distributed.scheduler")
"""What `get_logs()` gives."""

CALLS = "ramon._calls"
"""In every call of `ramon.Cluster`, whose function may be elsewhere."""

PUT_SECONDS = 5.0
"""Seconds for a worker to have a new version. A busy one gets it with its first task of it."""


@dataclass
class Present:
    """The workspace's code as it was read last."""

    source: Source
    reader: Reader = field(default_factory=Reader)
    watch: Watch = field(default_factory=Watch)
    names: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)

    def look_into(self, near: list[str], far: list[str]) -> None:
        """Import from these folders too, as far as they are in the workspace."""
        self.source = self.source.on(near, far)
        self.forget()

    def read(self) -> Code:
        """Read it again. Raises Refused; whatever is raised, `forget` makes it be read again."""
        found = self.source.found()
        self.watch = Watch(self.source.looked_at(found))
        self.names |= found.names()
        for name in sorted({*found.unnameable} - self.told):
            self.told.add(name)
            shown.warning("Workers don't get %s: its name is not UTF-8. Rename it.", ascii(name))
        return self.source.read(found, self.reader)

    def forget(self) -> None:
        """Take nothing for known: what was read has not reached the workers."""
        self.watch = Watch()


class CodeScheduler(KeepingScheduler):
    """A scheduler beside the workspace, whose workers run its modules as they are.

    Before a graph is taken in, it looks whether they were changed, whoever the client is. A
    change makes a version, which workers put in place at once; tasks of before keep theirs
    (`Sealed`). So a call never runs older code than there was when it was made, and one that is
    under way is not mixed with newer.
    """

    def __init__(self, source: Source, versions: Versions, **settings: Any) -> None:
        super().__init__(**settings)
        self._present = Present(source)
        self._versions = versions
        self._archives: dict[str, bytes] = {}
        self._looking = asyncio.Lock()
        self._looked_at = 0
        self._arrived: dict[str, int] = {}
        self._taking: set[asyncio.Future[None]] = set()
        self.handlers["ramon_code"] = self.code_of
        self.stream_handlers["ramon-paths"] = self.look_into

    @property
    def code_version(self) -> str:
        """The version that calls get now."""
        return self._versions.newest

    async def code_of(self, version: str = "") -> dict[str, Any]:
        """The files of a version, the present one by default, for a worker that lacks it."""
        if not version:
            await self.bring_code()
        version = version or self.code_version
        is_newest = version == self.code_version
        return {"archive": self._archives[version], "is_newest": is_newest}

    async def look_into(self, near: list[str], far: list[str], client: str) -> None:
        """Have these folders of the workspace on sys.path, as the kernel of `client` has them."""
        async with self._looking:
            self._present.look_into(near, far)
            self._looked_at = 0
        log.info("%s imports from %s and %s.", client, near, far)

    async def bring_code(self) -> None:
        """Look at the workspace; workers have what is there when this returns.

        Raises EnvironmentMismatch if they can't be given it.
        """
        async with self._looking:
            began = time.monotonic_ns()
            if self._present.watch.may_differ():
                await self._look()
            self._looked_at = began

    async def _look(self) -> None:
        try:
            code = await offload(self._present.read)
            if code.version != self.code_version:
                await self._change(code)
        except BaseException as error:  # whatever it is, the change has not been made
            self._present.forget()
            if not isinstance(error, Exception):
                raise
            if not isinstance(error, (Refused, OSError)):
                log.exception("The workspace's modules could not be read.")
            why = str(error) if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
            raise EnvironmentMismatch(
                f"The workers can't be given the workspace's modules as they are now: {why}"
            ) from error

    async def _change(self, code: Code) -> None:
        archive = await offload(code.packed)
        self._seal()
        self._versions.add(archive)
        self._versions.put_in_place(code.version)
        self._archives[code.version] = archive
        self._forget_archives()
        log.info("The workspace's modules were changed: version %s.", code.version)
        told = (self._put(worker.address) for worker in list(self.workers.values()))
        await asyncio.gather(*told)

    async def _put(self, address: str) -> None:
        try:
            putting = self.rpc(address).ramon_put_code(version=self.code_version)
            await asyncio.wait_for(putting, PUT_SECONDS)
        except Exception as error:  # noqa: BLE001  # whatever one worker raises or answers
            log.info("%s gets the newest modules with its next task: %s", address, error)

    def _seal(self) -> None:
        """Let the tasks of before that use the workspace's code keep the version they came with.

        They are told by the names of its modules; a word that only looks like one does no harm.
        """
        version, words = self.code_version, {CALLS, *self._present.names}
        names = re.compile(b"|".join(re.escape(_pickled(word)) for word in sorted(words) if word))
        for task in self.tasks.values() if version else ():
            if task.run_spec is not None and not isinstance(task.run_spec, Sealed):
                sealed: Any = Sealed.of(task.run_spec, version)
                if sealed.mentions(names):
                    task.run_spec = sealed

    def _forget_archives(self) -> None:
        specs: list[Any] = [task.run_spec for task in self.tasks.values()]
        used = {spec.version for spec in specs if isinstance(spec, Sealed)}
        used.add(self.code_version)
        self._archives = {name: each for name, each in self._archives.items() if name in used}

    # --- Dask's own, with the code brought before -----------------------------------------------

    async def update_graph(  # type: ignore[override]  # the rest is passed on
        self, client: str, keys: set[Any], **graph: Any
    ) -> None:
        """Take in what a client wants, when the code that it needs is there; or say why not."""
        taken = asyncio.get_running_loop().create_future()
        self._taking.add(taken)
        try:
            await self._take_graph(client, keys, **graph)
        finally:
            self._taking.discard(taken)
            taken.set_result(None)

    async def _take_graph(self, client: str, keys: set[Any], **graph: Any) -> None:
        try:
            # Messages that arrived together were all sent before the look for the first of them.
            if self._arrived.get(client, sys.maxsize) >= self._looked_at:
                await self.bring_code()
        except EnvironmentMismatch as error:
            self._refuse(client, keys, error)
            return
        await super().update_graph(client=client, keys=keys, **graph)

    async def gather(self, *args: Any, **kwargs: Any) -> Any:
        """Give results, when the graphs that are here are taken in: they may be of older code."""
        if taking := set(self._taking):
            await asyncio.wait(taking)
        return await super().gather(*args, **kwargs)

    async def add_client(self, comm: Any, client: str, versions: dict[str, Any]) -> None:
        """Serve a client to its end, noting when it was heard last."""
        read = comm.read

        async def heard(*args: Any, **kwargs: Any) -> Any:
            messages = await read(*args, **kwargs)
            self._arrived[client] = time.monotonic_ns()
            return messages

        comm.read = heard
        try:
            await super().add_client(comm, client, versions)
        finally:
            self._arrived.pop(client, None)

    async def broadcast(self, **what: Any) -> dict[str, Any]:
        """Tell workers something, such as a function to run."""
        await self.bring_code()
        return await super().broadcast(**what)

    def get_logs(self, *args: Any, **kwargs: Any) -> Any:
        """The newest lines, which can travel whatever is in them."""
        return sendable(super().get_logs(*args, **kwargs))

    async def scatter(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Give data to workers, which have to know its classes."""
        await self.bring_code()
        return await super().scatter(*args, **kwargs)

    async def run_function(
        self,
        comm: Any,
        function: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        wait: bool = True,
    ) -> Any:
        """Run a function here."""
        await self.bring_code()
        return await super().run_function(comm, function, args, kwargs, wait)

    def _refuse(self, client: str, keys: Collection[Any], error: EnvironmentMismatch) -> None:
        answer = error_message(error)
        for key in keys:
            told = {name: answer[name] for name in ("exception", "traceback")}
            self.report({"op": "task-erred", "key": key, **told}, client=client)

    def _task_to_msg(self, ts: TaskState) -> dict[str, Any]:
        message = super()._task_to_msg(ts)
        if self.code_version and not isinstance(ts.run_spec, Sealed):
            message["run_spec"] = ToPickle(Sealed.of(ts.run_spec, self.code_version))
        return message

    def _create_taskstate_from_graph(self, *, dsk: dict[Any, Any], **rest: Any) -> Any:
        """What is asked for again after the code was changed is done again, if it uses it."""
        again = self._outdated(dsk)
        for task in again:
            task.run_spec = dsk[task.key]
        begun: Recs = {task.key: _AGAIN[task.state] for task in again if _has_ended(task)}
        self.transitions(begun, "ramon-code")
        return super()._create_taskstate_from_graph(dsk=dsk, **rest)

    def _outdated(self, dsk: Mapping[Any, Any]) -> list[TaskState]:
        """The tasks of a graph that are known here from before, with older code, or use such."""
        known = [self.tasks[key] for key in dsk.keys() & self.tasks.keys()]
        waiting = [task for task in known if _is_older(task, self.code_version)]
        found: dict[Any, TaskState] = {}
        while waiting:
            task = waiting.pop()
            same = {each.key for each in task.dependencies} == set(dsk[task.key].dependencies)
            if task.key not in found and same:
                found[task.key] = task
                waiting += [each for each in task.dependents if each.key in dsk]
        return list(found.values())


def _pickled(word: str) -> bytes:
    """A word as it is in a pickle."""
    return word.encode(errors="surrogatepass")


_AGAIN: Recs = {"memory": "released", "erred": "waiting"}
"""How what has ended is begun again; what is wanted goes on from there by itself."""


def _is_older(task: TaskState, version: str) -> bool:
    spec: Any = task.run_spec
    return isinstance(spec, Sealed) and spec.version != version


def _has_ended(task: TaskState) -> bool:
    """Whether it ended by itself: one that failed because of another begins again with that."""
    return task.state in _AGAIN and not any(each.state == "erred" for each in task.dependencies)
