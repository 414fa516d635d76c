"""The AWS part as one object: ministack with our ECS and Batch, on a loopback port of its own.

`environment.configure` must have run before this module is imported, because ministack reads its
configuration when it is imported.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from ministack import app as ministack
from ministack.core import lambda_runtime

from localcloud.aws import (
    access,
    batch_hosts,
    bucket_lifecycle,
    credentials,
    gateway_responses,
    lambda_worker,
    log_reads,
    object_tags,
    schedules,
    security_group_rules,
    strictness,
    transaction_tokens,
)
from localcloud.aws.batch_authorization import BatchAuthorization
from localcloud.aws.batch_provisioner import BatchProvisioner
from localcloud.aws.ecs_authorization import EcsAuthorization
from localcloud.aws.ecs_provisioner import EcsProvisioner
from localcloud.aws.events import Publisher
from localcloud.aws.lambda_code import CodeStore
from localcloud.aws.log_streams import LogStreams
from localcloud.aws.snapshots import Snapshots
from localcloud.aws.task_roles import PATH as TASK_CREDENTIALS_PATH
from localcloud.aws.task_roles import TaskRoles
from localcloud.batch import names as batch_names
from localcloud.batch.api import Around, Batch
from localcloud.clock import CLOCK
from localcloud.ecs.api import Ecs
from localcloud.ecs.names import Names
from localcloud.http import HttpServer
from localcloud.images import Images
from localcloud.settings import ACCOUNT, REGION

SAVE_SECONDS = 2.0
"""How often a changed state is saved."""

QUIET_SECONDS = 0.2
"""How long the shutdown waits to see whether the last events start functions."""

LONGEST_WIND_DOWN = 15.0
"""Seconds that functions have to end at shutdown."""

CODE_DIRECTORIES_KEPT = 12
"""Unpacked Lambda archives that stay on disk."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CLOSED_PATHS = ("/_ministack/", "/_localstack/", "/_aws/")
"""ministack's own administration, which asks for no credentials (it can wipe everything)."""


class AwsStack:
    """Start it, use its `endpoint_url` with the administrator's credentials, stop it."""

    def __init__(self, state_dir: Path, sock: socket.socket, images: Images) -> None:
        self.endpoint_url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        self.administrator = credentials.administrator(state_dir / "aws" / "administrator.json")
        self._socket = sock
        self._snapshots = Snapshots(state_dir / "aws")
        self._roles = TaskRoles(self.endpoint_url)
        self._publisher = Publisher()
        self.ecs = Ecs(
            state_dir,
            Names(ACCOUNT, REGION),
            images,
            self._publisher.task_changed,
            self._roles.of_task,
        )
        around = Around(
            images,
            self._publisher.job_changed,
            LogStreams(self._snapshots.note_change),
            self._roles.of_job,
            batch_hosts.would_join,
        )
        self.batch = Batch(state_dir, batch_names.Names(ACCOUNT, REGION), around)
        self.lifecycle = bucket_lifecycle.Lifecycle(self.endpoint_url, self.administrator, CLOCK)
        self._code = CodeStore(state_dir / "aws" / "lambda-code")
        self._server = HttpServer(self.app)
        self._lifespan: asyncio.Task[None] | None = None
        self._saving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load the last snapshot and answer requests."""
        self._code.keep_newest(CODE_DIRECTORIES_KEPT)
        access.tighten()
        bucket_lifecycle.install(CLOCK)
        lambda_worker.install(self._code, self.endpoint_url)
        gateway_responses.install()
        log_reads.install()
        object_tags.install()
        schedules.install(CLOCK)
        security_group_rules.install()
        strictness.install()
        transaction_tokens.install()
        self._install_ecs()
        self._install_batch()
        self._snapshots.install()
        await self._start_ministack()
        credentials.admit(self.administrator)
        await self._server.listen(self._socket)
        self._saving = asyncio.create_task(self._save_now_and_then())
        await self.ecs.start()
        await self.batch.start()

    async def stop(self) -> None:
        """Stop tasks, which may need the API until their end, then save, then stop answering."""
        await asyncio.gather(self.ecs.stop(), self.batch.stop())
        await self._publisher.drain()
        await _functions_idle()
        if self._saving:
            self._saving.cancel()
        self._snapshots.save_now()
        await self._server.drain(seconds=5)
        await asyncio.to_thread(lambda_runtime.reset)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application on the AWS port."""
        path: str = scope["path"]
        headers = dict(scope["headers"])
        if path.startswith(TASK_CREDENTIALS_PATH):
            token = headers.get(b"authorization", b"").decode("latin-1")
            await _send_json(send, *self._roles.answer(path, token))
        elif path.startswith(CLOSED_PATHS):
            await _send_json(send, 404, b'{"message": "Not Found"}')
        else:
            target = headers.get(b"x-amz-target", b"").decode("latin-1")
            self._snapshots.note_request(scope["method"], path, target)
            await ministack.app(scope, receive, send)

    def _install_ecs(self) -> None:
        authorization = EcsAuthorization(self.ecs.store, self.ecs.wire)
        authorization.install()
        ministack.SERVICE_HANDLERS["ecs"] = authorization.handle
        EcsProvisioner(self.ecs.wire).install()

    def _install_batch(self) -> None:
        authorization = BatchAuthorization(self.batch.store, self.batch.wire)
        authorization.install()
        ministack.SERVICE_HANDLERS["batch"] = authorization.handle
        BatchProvisioner(self.batch.wire).install()

    async def _start_ministack(self) -> None:
        """Run ministack's own start-up, which loads the state and starts its schedulers."""
        started = asyncio.Event()
        orders: list[dict[str, str]] = [{"type": "lifespan.startup"}]

        async def receive() -> dict[str, str]:
            if orders:
                return orders.pop()
            await asyncio.Event().wait()  # its shutdown does nothing that we need
            raise AssertionError("unreachable")

        async def send(_message: dict[str, str]) -> None:
            started.set()

        self._lifespan = asyncio.create_task(ministack.app({"type": "lifespan"}, receive, send))
        await started.wait()

    async def _save_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            self._snapshots.save_if_changed()
            if self.lifecycle.has_day_begun():
                await asyncio.to_thread(self.lifecycle.carry_out)


async def _functions_idle() -> None:
    """Wait until the functions that the last events started have ended, for a while."""
    for _ in range(round(LONGEST_WIND_DOWN / QUIET_SECONDS)):
        await asyncio.sleep(QUIET_SECONDS)
        if not lambda_runtime.workers_in_use():
            return


async def _send_json(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
