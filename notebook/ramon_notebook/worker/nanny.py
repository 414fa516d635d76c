"""Dask's nanny with one worker, as a job runs it."""

# Dask's classes are partly untyped.
# mypy: allow-untyped-calls

from __future__ import annotations

import asyncio
import logging
import signal
from typing import Any

import dask
from distributed import Nanny, Security, utils
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


class RenewableNanny(Nanny):
    """A nanny that can be told to end so that the job begins anew, with a new environment.

    renewed: whether it was told so.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.renewed = False
        self.handlers["ramon_renew"] = self.renew

    async def renew(self) -> None:
        """End the worker; what it holds is lost. Answers before it is done."""
        self.renewed = True
        self._ongoing_background_tasks.call_soon(self._end)

    def close_gracefully(self, reason: str = "nanny-close-gracefully") -> None:
        """The worker ends, and is not to be started again.

        Dask would wait until it has ended by itself, two seconds longer than it takes.
        """
        super().close_gracefully(reason)
        self._ongoing_background_tasks.call_soon(self._end)

    async def _end(self) -> None:
        await self.close(reason="ramon-end")


def work(settings: Settings, boot: Boot) -> bool:
    """Work for the cluster until the scheduler is gone or SIGTERM comes.

    True when the job is to begin anew with a new environment. Raises NotJoined.
    """
    dask.config.set(DASK)
    # The fork server has imported what it needs; Dask would import pandas here to prepare one.
    utils._forkserver_preload_set = True  # noqa: SLF001
    return asyncio.run(_work(settings, boot))


async def _work(settings: Settings, boot: Boot) -> bool:
    told_to_end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_end.set)
    starting = asyncio.create_task(_joined(settings, boot))
    ending = asyncio.create_task(told_to_end.wait())
    await asyncio.wait([starting, ending], return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        return False
    nanny = await starting
    log.info("Joined %s.", boot.cluster_name)
    finished = asyncio.create_task(nanny.finished())
    await asyncio.wait([finished, ending], return_when=asyncio.FIRST_COMPLETED)
    if nanny.status == Status.running:
        await _leave(nanny)
    await finished
    return nanny.renewed


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
    security = Security(
        require_encryption=True,
        tls_ca_file=boot.ca,
        tls_worker_cert=boot.certificate,
        tls_worker_key=boot.key,
        # Tasks may open clients of their own (`get_client`).
        tls_client_cert=boot.certificate,
        tls_client_key=boot.key,
    )
    nanny: RenewableNanny = await RenewableNanny(
        scheduler_ip=boot.address,
        security=security,
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
