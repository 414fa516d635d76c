"""A service with a few notebooks, in this process: a clock that is moved, tables that behave as
DynamoDB's, and an ECS, a Step Functions and an S3 that fail when a test says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.accounts.models import Account
from chalicelib.core import clock, config, hearing
from chalicelib.notebooks import agent, deletion, jobs, lifecycle, service
from chalicelib.notebooks.agent_schemas import Heartbeat
from chalicelib.notebooks.models import Notebook, Route, Server
from chalicelib.notebooks.schemas import CreateNotebook
from chalicelib.notebooks.states import ServerState
from chalicelib.storage import s3
from chalicelib.storage import service as storage
from chalicelib.workspaces import service as workspaces
from chalicelib.workspaces.models import Snapshot
from localcloud.tables import Tables, tables
from tests.fakes import FakeEcs, FakeMachines

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
ACCOUNT = "acc_1"
SETTINGS = config.Settings(**dict.fromkeys((each.name for each in fields(config.Settings)), "set"))


class FakeS3:
    """Objects in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put this in the adapter's place."""
        patch.setattr(s3, "write_once", lambda _bucket, key, content, **_: self.put(key, content))
        patch.setattr(s3, "claim", lambda _bucket, key: key in self.objects)
        patch.setattr(s3, "read", lambda _bucket, key: self.read(key))
        patch.setattr(s3, "versions", lambda _bucket, key: self.versions(key))
        patch.setattr(s3, "delete", lambda _bucket, found: self.drop([key for key, _ in found]))
        patch.setattr(s3, "size_of", lambda _bucket, key: self.size_of(key))

    def put(self, key: str, content: bytes) -> None:
        self.objects[key] = content

    def read(self, key: str) -> bytes:
        if key not in self.objects:
            raise s3.NoObject(key)
        return self.objects[key]

    def versions(self, key: str) -> list[s3.Version]:
        return [(key, "newest")] if key in self.objects else []

    def drop(self, keys: list[str]) -> None:
        for key in keys:
            self.objects.pop(key, None)

    def size_of(self, key: str) -> int | None:
        return len(self.objects[key]) if key in self.objects else None


class World:
    """What the tests do, and what they look at."""

    def __init__(self, patch: pytest.MonkeyPatch, dynamodb: Tables) -> None:
        self.now = NOON
        self.dynamodb = dynamodb
        self.patch = patch
        patch.setattr(clock, "now", lambda: self.now)
        patch.setattr(clock, "seconds", lambda: int(self.now.timestamp()))
        patch.setattr(clock, "millis", lambda: int(self.now.timestamp() * 1000))
        patch.setattr(clock, "wait", lambda _: None)
        patch.setattr(config, "settings", lambda: SETTINGS)
        self.ecs, self.machines, self.s3 = FakeEcs(), FakeMachines(), FakeS3()
        for part in (self.ecs, self.machines, self.s3):
            part.install(patch)
        self.sign_up(ACCOUNT)

    def sign_up(self, account_id: str) -> None:
        Account(account_id, login="ada", name="Ada", plan="lab", created_at=self.now).save()

    def passes(self, *, is_heard: bool = True, **length: float) -> None:
        """Time passes. The canary is heard each minute, or is not; nothing else happens."""
        until = self.now + timedelta(**length)
        if until - self.now > timedelta(days=1):
            self.now = until - timedelta(days=1)
        while self.now < until:
            self.now = min(until, self.now + timedelta(minutes=1))
            if is_heard:
                hearing.note()

    def report(self, *servers: Server, busy_kernels: int = 0, used: datetime = NOON) -> None:
        """Their agents report."""
        for server in servers:
            beat = Heartbeat(used, busy_kernels, 1, 1)
            agent.heartbeat(lifecycle.read_server(server.id), beat)

    def notebook(
        self, account_id: str = ACCOUNT, idle_minutes: int = 30, size: str = "small"
    ) -> Notebook:
        """A notebook with one file."""
        wanted = CreateNotebook("Of a test", size=size, idle_minutes=idle_minutes)
        return service.create(account_id, wanted)

    def launched(self, account_id: str = ACCOUNT, **wanted: Any) -> Server:
        """A server whose task has been started a moment ago."""
        server = lifecycle.admit(self.notebook(account_id, **wanted), 100, "digest")
        self.machines.begin_start({**lifecycle.work(server), "agent_token": "token"})
        jobs.launch_server({**self.work(server), "task_token": server.id, "agent_token": "token"})
        return lifecycle.read_server(server.id)

    def running(self, account_id: str = ACCOUNT, **wanted: Any) -> Server:
        """A server that can be used."""
        server = self.launched(account_id, **wanted)
        agent.ready(server)
        jobs.open_server(self.work(server))
        server = lifecycle.read_server(server.id)
        assert server.state == ServerState.RUNNING
        return server

    def work(self, server: Server) -> dict[str, Any]:
        return {**lifecycle.work(server), "task_token": server.id}

    def state(self, server: Server) -> str:
        return lifecycle.read_server(server.id).state

    def delete(self, notebook: Notebook) -> None:
        deletion.delete(notebook.account_id, notebook.id)

    def is_whole(self, notebook_id: str) -> bool:
        """Whether a notebook is there with its route, its files and all their contents."""
        notebook = Notebook.get(notebook_id, consistent_read=True)
        Route.get(lifecycle.host_label(notebook_id), consistent_read=True)
        kept = workspaces.contents(notebook_id)
        owned = storage.owned(notebook.account_id, kept)
        return bool(kept) and all(
            sha256 in owned and owned[sha256].key in self.s3.objects for sha256 in kept
        )

    def is_gone(self, notebook_id: str) -> bool:
        """Whether nothing is left of a notebook, and nothing was made in its place."""
        left = [n.id for n in Notebook.scan(attributes_to_get=["id"]) if n.id == notebook_id]
        routes = [r.host for r in Route.scan() if r.host == lifecycle.host_label(notebook_id)]
        snapshots = list(Snapshot.query(notebook_id))
        return not (left or routes or snapshots)


@contextmanager
def worlds() -> Iterator[World]:
    """A world of its own."""
    with tables(weighs=False) as dynamodb, pytest.MonkeyPatch.context() as patch:
        yield World(patch, dynamodb)
