"""Runs attempts of jobs, each as an asyncio task of the launcher's loop."""

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from localcloud.api_model import Record
from localcloud.batch import records
from localcloud.batch.journal import Journal
from localcloud.batch.logs import LogPump
from localcloud.batch.names import new_instance_id
from localcloud.batch.retries import End, is_retried
from localcloud.batch.store import Job
from localcloud.batch.surroundings import CONTAINER, Specs
from localcloud.clock import CLOCK
from localcloud.containers import addresses, process, strays
from localcloud.containers.process import ContainerProcess, StartError

EXITED = "Essential container in task exited"
TIMED_OUT = "Job attempt duration exceeded timeout"
NOT_STARTED = "Task failed to start"
"""Batch's own words."""

Credentials = Callable[[Job], dict[str, str]]
"""The environment that gives a job the rights of its role; empty for a role without rights."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """Why an attempt is to end: somebody's wish, its timeout, or the end of its host."""

    reason: str
    host_is_gone: bool = False


@dataclass
class Run:
    """An attempt under way; cluster: the ARN of the one that it runs in."""

    cluster: str
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    order: Order | None = None
    process: ContainerProcess | None = None

    def ask(self, order: Order) -> bool:
        """Ask for its end; the first order counts, which this one was if True."""
        is_first = self.order is None
        self.order = self.order or order
        self.asked.set()
        return is_first

    async def asked_within(self, seconds: float) -> bool:
        """Whether its end is asked for before so many seconds have passed."""
        if seconds:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.asked.wait()
        return self.order is not None


@dataclass
class Engine:
    """Starts and stops attempts and writes down every step."""

    journal: Journal
    specs: Specs
    logs: LogPump
    credentials: Credentials
    runs: dict[str, Run] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def launch(self, job: Job, environment: Record, boot_seconds: float) -> None:
        """Begin an attempt of a RUNNABLE job on a host of the environment that boots first."""
        job.environment = environment["computeEnvironmentName"]
        job.instance = new_instance_id()
        job.record.pop("statusReason", None)
        self.journal.store.save_job(job)
        self.runs[job.id] = Run(environment["ecsClusterArn"])
        run = asyncio.create_task(self._run(job, boot_seconds), name=f"batch-job-{job.id}")
        self._tasks.add(run)
        run.add_done_callback(self._tasks.discard)

    def stop(self, job: Job, reason: str) -> bool:
        """SIGTERM, after 30 s SIGKILL, and no other attempt; False if the job has no host."""
        run = self.runs.get(job.id)
        if run:
            job.termination = reason
            self.journal.store.save_job(job)
            run.ask(Order(reason))
        return run is not None

    def lose_host(self, job: Job) -> bool:
        """Let the job's host vanish with all that runs on it; False if it has none, or no more."""
        run = self.runs.get(job.id)
        return run is not None and run.ask(Order(_host_gone(job), host_is_gone=True))

    async def stop_all(self) -> None:
        """Take all hosts away, and wait until nothing runs."""
        for job in list(self.journal.store.jobs.values()):
            self.lose_host(job)
        await self.settled()

    async def settled(self) -> None:
        """Wait until no attempt is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def _run(self, job: Job, boot_seconds: float) -> None:
        run = self.runs[job.id]
        try:
            end = await self._attempt(job, run, boot_seconds)
        finally:
            del self.runs[job.id]
        self.conclude(job, end)

    async def _attempt(self, job: Job, run: Run, boot_seconds: float) -> End:
        if await run.asked_within(boot_seconds) and run.order:
            return _end(run.order, CLOCK.time(), None)
        try:
            run.process = await self._start(job, run.cluster)
        except (StartError, addresses.NoAddressError, OSError) as error:
            logger.warning("job %s did not start: %s", job.id, error)
            return End(NOT_STARTED, CLOCK.time(), reason=str(error))
        if run.order is None:
            self._running(job)
        return await self._until_the_end(job, run, run.process)

    async def _start(self, job: Job, cluster: str) -> ContainerProcess:
        taken = {each.address for each in self.journal.store.jobs.values() if each.address}
        job.address = addresses.pick(taken, [])
        records.begin_attempt(job.record, cluster)
        self._set_status(job, "STARTING")
        spec = self.specs.of(job, self.credentials(job))
        self.logs.open(job)
        return await process.start(spec)

    def _running(self, job: Job) -> None:
        job.record["startedAt"] = records.milliseconds(CLOCK.time())
        job.record["container"]["logStreamName"] = self.logs.stream(job)
        self._set_status(job, "RUNNING")

    async def _until_the_end(self, job: Job, run: Run, container: ContainerProcess) -> End:
        """Wait for the exit, the timeout or an order, and see the attempt to its end."""
        exited = asyncio.create_task(container.wait())
        asked = asyncio.create_task(run.asked.wait())
        timeout = job.record.get("timeout", {}).get("attemptDurationSeconds")
        await asyncio.wait([exited, asked], timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        order = None
        if not exited.done():
            order = run.order or Order(TIMED_OUT)
            await _obey(order, container)
        record = await exited
        if record["cause"] == "lost":
            strays.kill_strays({job.id})
        return _end(order, record["finished_at"], record["exit_code"])

    def conclude(self, job: Job, end: End) -> None:
        """Note the end of an attempt, and whether there will be another one."""
        record, directory = job.record, self.specs.places.of(job)
        if job.termination is not None and not end.succeeded:
            end = replace(end, status_reason=job.termination, final=True)
        self.logs.close(job)
        if job.status == "RUNNABLE":  # its host did not come up, so it was no attempt
            record["statusReason"] = end.status_reason
        else:
            records.end_attempt(record, end)
        job.environment = job.instance = job.address = None
        if end.succeeded:
            self._set_status(job, "SUCCEEDED")
        elif is_retried(record, end):
            records.make_ready_again(record)
            self._set_status(job, "RUNNABLE")
        else:
            record.setdefault("stoppedAt", records.milliseconds(end.stopped_at))
            self._set_status(job, "FAILED")
        shutil.rmtree(directory, ignore_errors=True)

    def _set_status(self, job: Job, status: str) -> None:
        job.record["status"] = status
        self.journal.changed(job)


def _end(order: Order | None, stopped_at: float, exit_code: int | None) -> End:
    if order is None:
        return End(EXITED, stopped_at, exit_code)
    if order.host_is_gone:
        return End(order.reason, stopped_at)
    return End(order.reason, stopped_at, exit_code, final=True)


async def _obey(order: Order, container: ContainerProcess) -> None:
    if order.host_is_gone:
        container.kill()
    else:
        await container.stop()


def _host_gone(job: Job) -> str:
    return f"Host EC2 (instance {job.instance}) terminated."


def end_of_lost(job: Job, directory_record: Record | None) -> End:
    """How an attempt ended that died with an earlier launcher, by its shim's record if any."""
    last = directory_record or {"cause": "lost", "finished_at": CLOCK.time()}
    if last["cause"] == "exited":
        return End(EXITED, last["finished_at"], last["exit_code"])
    return End(_host_gone(job), last["finished_at"])


def exit_record(engine: Engine, job: Job) -> Record | None:
    """What the shim of a job's present attempt wrote down, if it did."""
    directory = engine.specs.places.of(job)
    if not process.exit_record_file(directory, CONTAINER).exists():
        return None
    return process.read_exit_record(directory, CONTAINER)
