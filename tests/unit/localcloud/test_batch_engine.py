"""What takes longer than a test may wait in a running cloud, or happens at a moment of its own."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from localcloud.batch.engine import TIMED_OUT, Engine
from localcloud.batch.journal import Journal
from localcloud.batch.logs import Follower, LogPump
from localcloud.batch.names import Names
from localcloud.batch.records import new_job
from localcloud.batch.recovery import KEPT_SECONDS, forget_old
from localcloud.batch.retries import End, is_retried
from localcloud.batch.store import Job, Store
from localcloud.batch.surroundings import Places, Specs
from localcloud.clock import CLOCK
from localcloud.images import Image, Images

NAMES = Names("000000000000", "us-east-1")
QUEUE = {"jobQueueArn": NAMES.queue("q")}
ENVIRONMENT = {"computeEnvironmentName": "c", "ecsClusterArn": NAMES.ecs_cluster("c", "1")}


class Streams:
    """Log streams in memory."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def open(self, _group: str, stream: str, *, create_group: bool) -> None:
        assert create_group
        self.found.setdefault(stream, [])

    def put(self, _group: str, stream: str, lines: list[str]) -> None:
        self.found[stream] += lines

    def count(self, _group: str, stream: str) -> int:
        return len(self.found[stream])


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    places = Places(tmp_path / "jobs", tmp_path / "logs")
    images = Images({"sh": Image((Path("/bin"),))})
    journal = Journal(Store(tmp_path / "batch", NAMES), lambda _: None)
    specs = Specs(places, images, "us-east-1")
    return Engine(journal, specs, LogPump(Streams(), places), lambda _: {})


def job_of(command: str, **members: Any) -> Job:
    """A RUNNABLE job that runs a shell command."""
    definition = {
        "jobDefinitionArn": NAMES.definition("d", 1),
        "parameters": {},
        "containerProperties": {
            "image": "sh",
            "command": ["sh", "-c", command],
            "environment": [],
            "resourceRequirements": [],
        },
    }
    record = new_job(NAMES, "job-1", definition, QUEUE, {"jobName": "j"}) | members
    return Job(record | {"status": "RUNNABLE"}, 1)


def run(engine: Engine, job: Job) -> None:
    """Let an attempt begin and come to its end."""

    async def to_the_end() -> None:
        engine.launch(job, ENVIRONMENT, 0)
        await engine.settled()

    asyncio.run(to_the_end())


def test_an_attempt_that_takes_too_long_is_ended_and_not_tried_again(engine: Engine) -> None:
    strategy = {"attempts": 3, "evaluateOnExit": []}
    timeout = {"attemptDurationSeconds": 0.3}
    job = job_of("exec sleep 600", timeout=timeout, retryStrategy=strategy)
    run(engine, job)
    assert (job.status, job.record["statusReason"]) == ("FAILED", TIMED_OUT)
    assert job.record["container"]["exitCode"] == 128 + 15
    assert len(job.record["attempts"]) == 1


def test_a_second_attempt_tells_nothing_of_the_first(engine: Engine) -> None:
    job = job_of("echo $AWS_BATCH_JOB_ATTEMPT; exit $(($AWS_BATCH_JOB_ATTEMPT % 2))")
    job.record["retryStrategy"]["attempts"] = 2
    run(engine, job)
    assert job.status == "RUNNABLE"
    assert not {"startedAt", "stoppedAt"} & job.record.keys()
    assert "exitCode" not in job.record["container"]
    run(engine, job)
    assert job.status == "SUCCEEDED"
    first, second = job.record["attempts"]
    assert (first["container"]["exitCode"], second["container"]["exitCode"]) == (1, 0)
    assert first["container"]["taskArn"] != second["container"]["taskArn"]
    assert engine.specs.places.logs.joinpath("job-1-2.log").read_text() == "2\n"


@pytest.mark.parametrize(
    ("condition", "end", "retried"),
    [
        ({"onExitCode": "7*", "action": "EXIT"}, End("x", 0, 75), False),
        ({"onExitCode": "8", "action": "EXIT"}, End("x", 0, 75), True),
        ({"onExitCode": "75", "onReason": "Out*", "action": "EXIT"}, End("x", 0, 75), True),
        ({"onReason": "CannotPull*", "action": "exit"}, End("x", 0, reason="CannotPullX"), False),
        ({"onStatusReason": "Host EC2*", "action": "RETRY"}, End("Host EC2 gone", 0), True),
        ({"onStatusReason": "Host*", "action": "RETRY"}, End("Host", 0, final=True), False),
        ({"onExitCode": "*", "action": "RETRY"}, End("x", 0, 0), False),
    ],
)
def test_the_first_condition_that_matches_decides_about_a_retry(
    condition: dict[str, str], end: End, *, retried: bool
) -> None:
    strategy = {"attempts": 2, "evaluateOnExit": [condition]}
    assert is_retried({"retryStrategy": strategy, "attempts": [{}]}, end) == retried
    assert not is_retried({"retryStrategy": strategy, "attempts": [{}, {}]}, end)


def test_ended_jobs_are_forgotten_after_a_week(engine: Engine) -> None:
    store, places = engine.journal.store, engine.specs.places
    now = CLOCK.time()
    for number, age in enumerate((KEPT_SECONDS - 60, KEPT_SECONDS + 60)):
        job = job_of("true")
        job.record |= {
            "jobId": f"job-{number}",
            "status": "FAILED",
            "stoppedAt": (now - age) * 1000,
        }
        store.save_job(job)
        places.logs.mkdir(exist_ok=True)
        places.logs.joinpath(f"job-{number}-1.log").touch()
    forget_old(store, engine)
    assert list(store.jobs) == ["job-0"]
    assert [file.name for file in places.logs.iterdir()] == ["job-0-1.log"]
    again = Store(store.directory, NAMES)
    again.load()
    assert list(again.jobs) == ["job-0"]


def test_lines_are_carried_whole_and_once_and_none_that_is_empty(tmp_path: Path) -> None:
    log = tmp_path / "log"
    follower = Follower(log, "group", "stream")
    assert list(follower.lines()) == []
    log.write_bytes(b"one\ntw")
    assert list(follower.lines()) == ["one"]
    assert list(follower.lines()) == []
    log.write_bytes(b"one\ntwo\n\n\xff\n1%\r2%\nend")
    assert list(follower.lines()) == ["two", "\ufffd", "1%\r2%"]
    assert list(follower.lines(final=True)) == ["end"]


def test_lines_that_a_launcher_did_not_carry_any_more_are_carried_by_the_next(
    engine: Engine,
) -> None:
    job = job_of("true")
    job.record["container"]["taskArn"] = "arn:task/c/t"
    engine.specs.places.logs.mkdir()
    engine.specs.places.log(job).write_text("one\ntwo\nthree\n")
    streams = Streams()
    streams.found["d/default/t"] = ["one"]
    LogPump(streams, engine.specs.places).catch_up(job)
    assert streams.found["d/default/t"] == ["one", "two", "three"]
