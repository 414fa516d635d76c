"""Dask's nanny with one worker, as a job runs it."""

# Dask's classes are partly untyped.
# mypy: allow-untyped-calls

from __future__ import annotations

import asyncio
import logging
import signal
from enum import Enum
from typing import Any

import dask
from distributed import Nanny, Security, rpc, utils
from distributed.core import Status

from ramon_notebook.worker.api import Boot
from ramon_notebook.worker.settings import Settings
from ramon_notebook.worker.worker import CodeWorker

log = logging.getLogger("ramon-worker")

DASK = {
    "distributed.worker.multiprocessing-method": "forkserver",
    # A scheduler whose machine vanished is noticed after this; one that just ended, at once.
    "distributed.comm.timeouts.tcp": "15s",
    "distributed.comm.timeouts.connect": "15s",
    "distributed.worker.http.routes": [],
    "distributed.admin.system-monitor.gil.enabled": False,
}

JOIN_SECONDS = 60
"""Seconds for joining; longer, and the scheduler is not there any more."""

LEAVE_SECONDS = 10.0
"""Seconds for handing results to other workers when the job is to end."""

TAKEN_PAUSE = 2.0
"""Seconds between tries while the scheduler still knows an earlier attempt of this worker."""

ASK_SECONDS = 2.0
"""Seconds for a scheduler to say whether it let a worker go; one that doesn't answer is lost."""

LOST = frozenset(
    {
        "worker-handle-scheduler-connection-broken",
        "worker-heartbeat-missing",
        "worker-heartbeat-error",
        "nanny-instantiate-failed",
        "nanny-instantiate-timeout",
        "nanny-unregister-failed",
    }
)
"""Dask's reasons for ending that nobody wished."""


class BriefHeartbeats(logging.Filter):
    """Tells in a line that a heartbeat did not arrive, where Dask shows how its code came there.

    It is what happens to a worker that is ending with its scheduler, and no fault of anybody's.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass; without a traceback if a lost connection is all it tells."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, OSError) and "heartbeat" in record.getMessage():
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.msg, record.args, record.exc_info = "No heartbeat: %s", (error,), None
        return True


logging.getLogger("distributed.worker").addFilter(BriefHeartbeats())


class NotJoined(Exception):
    """The scheduler was not reached, or did not want this worker."""


class End(Enum):
    """How a worker's work came to its end: it is to begin anew, was let go, told to end, or lost.

    Lost is one whose scheduler is gone, or out of reach.
    """

    RENEWED = "renewed"
    LET_GO = "let go"
    TOLD = "told"
    LOST = "lost"


class RenewableNanny(Nanny):
    """A nanny that can be told to end so that the job begins anew, with a new environment.

    renewed: whether it was told so. lost: whether it ends because of the scheduler's silence.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.renewed = self.lost = False
        self.handlers["ramon_renew"] = self.renew

    async def renew(self) -> None:
        """End the worker; what it holds is lost. Answers before it is done."""
        self.renewed = True
        self._ongoing_background_tasks.call_soon(self._end)

    def close_gracefully(self, reason: str = "nanny-close-gracefully") -> None:
        """The worker ends, and is not to be started again.

        Dask would wait until it has ended by itself, two seconds longer than it takes.
        """
        # One whose nanny was told to end loses the scheduler that told it, and says so.
        self.lost |= reason in LOST and self.status not in (Status.closing, Status.closed)
        super().close_gracefully(reason)
        self._ongoing_background_tasks.call_soon(self._end)

    async def close(  # type: ignore[override]  # Dask's own ignores it too
        self,
        timeout: float = 5,  # noqa: ASYNC109 - Dask's signature
        reason: str = "nanny-close",
    ) -> Any:
        """End the worker, and this."""
        self.lost |= reason in LOST
        return await super().close(timeout=timeout, reason=reason)

    async def _end(self) -> None:
        await self.close(reason="ramon-end")


def work(settings: Settings, boot: Boot) -> End:
    """Work for the cluster until it lets this worker go, is lost, or SIGTERM comes.

    Raises NotJoined.
    """
    dask.config.set(DASK)
    # The fork server has imported what it needs; Dask would import pandas here to prepare one.
    utils._forkserver_preload_set = True  # noqa: SLF001
    return asyncio.run(_work(settings, boot))


async def _work(settings: Settings, boot: Boot) -> End:
    told_to_end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_end.set)
    starting = asyncio.create_task(_joined(settings, boot))
    ending = asyncio.create_task(told_to_end.wait())
    await asyncio.wait([starting, ending], return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        return End.TOLD
    nanny = await starting
    log.info("Joined %s.", boot.cluster_name)
    finished = asyncio.create_task(nanny.finished())
    await asyncio.wait([finished, ending], return_when=asyncio.FIRST_COMPLETED)
    told = nanny.status == Status.running
    if told:
        await _leave(nanny)
    await finished
    if nanny.renewed:
        return End.RENEWED
    if told:
        return End.TOLD
    return End.LOST if nanny.lost and not await _was_let_go(boot) else End.LET_GO


async def _was_let_go(boot: Boot) -> bool:
    """Whether the connection to the scheduler ended because that retired this worker."""
    arguments = _security(boot).get_connection_args("worker")
    try:
        async with asyncio.timeout(ASK_SECONDS):
            async with rpc(boot.address, connection_args=arguments) as scheduler:
                return bool(await scheduler.ramon_let_go(name=boot.worker_id))
    except Exception as error:  # noqa: BLE001 - whatever a scheduler that is lost answers
        log.info("The scheduler does not answer: %s", _causes(error))
        return False


async def _joined(settings: Settings, boot: Boot) -> RenewableNanny:
    """A nanny whose worker is known to the scheduler."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + JOIN_SECONDS
    while True:
        try:
            return await _nanny(settings, boot)
        except Exception as error:  # Dask passes on whatever kept the worker from joining
            if "name taken" not in _causes(error) or loop.time() > deadline:
                raise NotJoined(
                    f"A worker could not join the cluster's scheduler: {_causes(error)}. Is the "
                    "notebook still running? Then close this cluster and start another."
                ) from error
        await asyncio.sleep(TAKEN_PAUSE)


async def _nanny(settings: Settings, boot: Boot) -> RenewableNanny:
    settings.scratch.mkdir(parents=True, exist_ok=True)
    nanny: RenewableNanny = await RenewableNanny(
        scheduler_ip=boot.address,
        security=_security(boot),
        name=boot.worker_id,
        nthreads=boot.vcpu,
        worker_class=CodeWorker,
        memory_limit=settings.memory_bytes,
        resources={"GPU": boot.gpu} if boot.gpu else None,
        local_directory=str(settings.scratch),
        death_timeout=JOIN_SECONDS,
        dashboard_address="127.0.0.1:0",
    )
    return nanny


def _security(boot: Boot) -> Security:
    return Security(
        require_encryption=True,
        tls_ca_file=boot.ca,
        tls_worker_cert=boot.certificate,
        tls_worker_key=boot.key,
        # Tasks may open clients of their own (`get_client`).
        tls_client_cert=boot.certificate,
        tls_client_key=boot.key,
    )


async def _leave(nanny: RenewableNanny) -> None:
    """Hand results to other workers, if there are any and time allows, then end."""
    try:
        retired = nanny.scheduler.retire_workers(
            names=[nanny.name], close_workers=False, remove=True, stimulus_id="ramon-leave"
        )
        await asyncio.wait_for(retired, LEAVE_SECONDS)
    except Exception:  # whatever a scheduler that is ending itself answers
        log.info("Left without handing results over.", exc_info=True)
    await nanny.close(reason="ramon-leave")


def _causes(error: BaseException) -> str:
    """What went wrong, and why, in one line."""
    texts = []
    cause: BaseException | None = error
    while cause is not None:
        texts.append(str(cause) or type(cause).__name__)
        cause = cause.__cause__
    return ": ".join(dict.fromkeys(texts))
