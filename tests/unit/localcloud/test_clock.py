"""The clock that can be moved ahead, and what follows it."""

import json
import os
import subprocess
import sys
import time
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from localcloud.advance import next_calendar_stop
from localcloud.clock import Clock
from localcloud.clock_command import duration, main
from localcloud.settings import PROJECT_ROOT
from localcloud.testing import LocalCloud, running
from tests.unit.localcloud.functions import Function
from tests.unit.localcloud.tasks import Tasks
from tests.unit.localcloud.waiting import eventually

DAY = 86400

TELLING = """
import time
def handler(event, context):
    return {"time": time.time(), "ns": time.time_ns() / 1e9, "event": event}
"""

NOTING = """
import json, time
def handler(event, context):
    with open(FILE, "a") as file:
        file.write(json.dumps({"event": event, "time": time.time()}) + "\\n")
"""


@pytest.fixture(scope="module")
def cloud(
    tmp_path_factory: pytest.TempPathFactory, images: dict[str, dict[str, Any]]
) -> Iterator[LocalCloud]:
    """A cloud whose clock may be moved: each test goes on from where it stands."""
    with running(tmp_path_factory.mktemp("clock"), images=images) as started:
        yield started


def command(state_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "localcloud.clock", *arguments],
        cwd=PROJECT_ROOT,
        env=os.environ | {"STATE_DIR": str(state_dir)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def scheduled(cloud: LocalCloud, name: str, expression: str, file: Path) -> Iterator[None]:
    """A function of this name that a schedule calls, and that notes each call in the file."""
    function = Function(cloud, name, NOTING.replace("FILE", repr(str(file))))
    events = cloud.client("events")
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{function.name}"
    events.put_rule(Name=name, ScheduleExpression=expression)
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn}])
    yield
    events.remove_targets(Rule=name, Ids=["1"])
    events.delete_rule(Name=name)


def noted(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_functions_that_are_warm_already_follow_the_clock(cloud: LocalCloud) -> None:
    function = Function(cloud, "telling", TELLING)
    before = function.call()
    assert abs(before["time"] - time.time()) < 60
    assert command(cloud.state_dir, "advance", "2h").returncode == 0
    after = function.call()
    for told in (after["time"], after["ns"]):
        assert abs(told - before["time"] - 2 * 3600) < 60


def test_every_answer_of_the_front_door_tells_the_clocks_time(cloud: LocalCloud) -> None:
    assert command(cloud.state_dir, "advance", "3h").returncode == 0
    told = httpx.get(f"http://127.0.0.1:{cloud.port}/stripe/").headers["Date"]
    assert abs(parsedate_to_datetime(told).timestamp() - cloud.now()) < 60


def test_the_times_of_tasks_follow_the_clock(cloud: LocalCloud) -> None:
    tasks = Tasks(cloud, "clocked")
    assert command(cloud.state_dir, "advance", "1d").returncode == 0
    asked_at = cloud.now()
    assert asked_at > time.time() + DAY - 60
    record = tasks.wait_for(tasks.run("pass"), "STOPPED")
    for name in ("createdAt", "startedAt", "executionStoppedAt", "stoppedAt"):
        assert asked_at <= record[name].timestamp() <= cloud.now() + 1


def test_schedules_fire_at_every_midnight_on_the_way(cloud: LocalCloud, tmp_path: Path) -> None:
    file = tmp_path / "noted"
    with scheduled(cloud, "often", "rate(1 minute)", file):
        said = command(cloud.state_dir, "advance", "3d").stdout
    assert "1 functions" in said
    midnights = [each for each in noted(file) if each["event"]["time"].endswith("T00:00:00Z")]
    assert len(midnights) == 3
    for each in midnights:
        told = datetime.fromisoformat(each["event"]["time"]).timestamp()
        assert told <= each["time"] < told + 60
        assert each["event"]["detail-type"] == "Scheduled Event"


def test_a_schedule_by_the_calendar_fires_once_for_each_day(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    file = tmp_path / "noted"
    with scheduled(cloud, "daily", "cron(30 5 * * ? *)", file):
        assert command(cloud.state_dir, "advance", "3d").returncode == 0
    assert len(noted(file)) == 3


def test_a_function_that_fails_is_named(cloud: LocalCloud) -> None:
    with scheduled(cloud, "failing", "rate(1 minute)", Path("/nonexistent/file")):
        said = command(cloud.state_dir, "advance", "1d").stdout
    assert "failing FAILED" in said


def test_the_clock_survives_a_restart_and_is_shown(tmp_path: Path) -> None:
    with running(tmp_path):
        assert command(tmp_path, "advance", "90m").returncode == 0
    with running(tmp_path):
        assert " 5400 seconds ahead." in command(tmp_path, "show").stdout
        assert command(tmp_path, "advance", "10s").returncode == 0
    assert json.loads((tmp_path / "clock.json").read_text())["ahead_seconds"] >= 5410


def test_nothing_running_says_what_to_do(tmp_path: Path) -> None:
    result = command(tmp_path, "advance", "1d")
    assert result.returncode == 1
    assert "make run" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_clock_never_goes_back(tmp_path: Path) -> None:
    clock = Clock()
    clock.move_to(clock.seconds() + 100)
    clock.move_to(clock.seconds() - 50)
    assert clock.ahead == 100
    assert command(tmp_path, "advance", "-1d").returncode == 2


def test_a_web_page_of_another_origin_cannot_move_it(cloud: LocalCloud) -> None:
    before = command(cloud.state_dir, "show").stdout.rpartition(",")[2]
    assert "ahead" in before
    answer = httpx.post(
        f"http://127.0.0.1:{cloud.port}/_stand_in/clock",
        content='{"advance_seconds": 60}',
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status_code == 400
    assert command(cloud.state_dir, "show").stdout.rpartition(",")[2] == before


@pytest.mark.parametrize(
    ("text", "seconds"), [("31d", 31 * DAY), ("2h", 7200), ("90m", 5400), ("1d12h", 129600)]
)
def test_durations_are_written_as_people_do(text: str, seconds: int) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "1", "-1d", "1.5h", "soon"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        duration(text)


@pytest.mark.parametrize(
    ("now", "stop"),
    [
        ("2026-11-23T13:45:10", "2026-11-24T00:00:00"),
        ("2026-11-30T23:59:59", "2026-12-01T00:00:00"),
        ("2026-12-01T00:00:00", "2026-12-01T00:20:00"),
        ("2026-12-01T00:20:00", "2026-12-01T00:50:00"),
        ("2026-12-01T00:50:00", "2026-12-02T00:00:00"),
    ],
)
def test_the_clock_stops_where_a_months_bill_is_made(now: str, stop: str) -> None:
    moments = [
        int(datetime.fromisoformat(each).replace(tzinfo=UTC).timestamp()) for each in (now, stop)
    ]
    assert next_calendar_stop(moments[0]) == moments[1]


def test_a_clock_that_is_not_found_says_in_which_folder_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "elsewhere"))
    assert main(["show"]) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path}/elsewhere is not running" in said
    assert "another STATE_DIR" in said


def test_a_stacks_lifecycle_rules_are_carried_out_on_the_way(cloud: LocalCloud) -> None:
    rule = {
        "Id": "of-a-test",
        "Status": "Enabled",
        "Prefix": "in/",
        "TagFilters": [{"Key": "unclaimed", "Value": "yes"}],
        "ExpirationInDays": 1,
    }
    properties = {"BucketName": "forgetful", "LifecycleConfiguration": {"Rules": [rule]}}
    resources = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}}
    cloud.client("cloudformation").create_stack(
        StackName="forgetful", TemplateBody=json.dumps({"Resources": resources})
    )
    s3 = cloud.client("s3")
    eventually(lambda: "forgetful" in [each["Name"] for each in s3.list_buckets()["Buckets"]])
    for key, tags in (("in/goes", "unclaimed=yes"), ("in/stays", ""), ("out", "unclaimed=yes")):
        s3.put_object(Bucket="forgetful", Key=key, Body=b"content", Tagging=tags)

    cloud.advance(2 * DAY)

    kept = s3.list_objects_v2(Bucket="forgetful")["Contents"]
    assert [each["Key"] for each in kept] == ["in/stays", "out"]
    assert kept[0]["LastModified"].timestamp() < cloud.now() - DAY
    s3.put_object(Bucket="forgetful", Key="new", Body=b"content")
    (new,) = [e for e in s3.list_objects_v2(Bucket="forgetful")["Contents"] if e["Key"] == "new"]
    assert abs(new["LastModified"].timestamp() - cloud.now()) < 60
