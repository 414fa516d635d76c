"""Settles what an earlier launcher left behind: it counts as a machine that was taken away."""

import asyncio

from localcloud.batch.engine import Engine, end_of_lost, exit_record
from localcloud.batch.store import Job, Store
from localcloud.clock import CLOCK
from localcloud.containers import strays

KEPT_SECONDS = 7 * 86400.0
"""How long an ended job can be described (Batch user guide, "Job states")."""

LAST_WORDS_SECONDS = 3.0
"""Longest wait for the exit records of jobs that died with an earlier launcher."""


async def recover(store: Store, engine: Engine) -> None:
    """End attempts that died, at the times that their shims wrote down.

    The strategy for retries decides what follows, as for any host that is gone.
    """
    placed = [job for job in store.jobs.values() if job.environment]
    lost = [job for job in placed if job.status in ("STARTING", "RUNNING")]
    await _wait_for_shims(engine, [job for job in lost if job.status == "RUNNING"])
    strays.kill_strays({job.id for job in lost})
    for job in lost:
        if job.status == "RUNNING":
            engine.logs.catch_up(job)
        engine.conclude(job, end_of_lost(job, exit_record(engine, job)))
    for job in placed:
        if job.environment:  # its host had not come up yet
            job.environment = job.instance = None
            store.save_job(job)
    forget_old(store, engine)


def forget_old(store: Store, engine: Engine) -> None:
    """Drop what ended longer ago than Batch remembers."""
    horizon = (CLOCK.time() - KEPT_SECONDS) * 1000
    for job in list(store.jobs.values()):
        if job.ended and job.record["stoppedAt"] < horizon:
            store.forget_job(job)
            engine.specs.places.forget(job)


async def _wait_for_shims(engine: Engine, jobs: list[Job]) -> None:
    """Give shims time for their last words, if the earlier launcher died just now."""
    for _ in range(round(LAST_WORDS_SECONDS / 0.05)):
        if all(exit_record(engine, job) for job in jobs):
            return
        await asyncio.sleep(0.05)
