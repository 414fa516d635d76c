import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.testing import LocalCloud
from tests.unit.localcloud.jobs import Jobs, refused
from tests.unit.localcloud.tasks import STUBBORN, WAIT_FOREVER
from tests.unit.localcloud.waiting import alive, eventually

TELL = "import json, os; print(json.dumps(dict(os.environ)))"


@pytest.fixture(scope="module")
def jobs(cloud: LocalCloud) -> Jobs:
    return Jobs(cloud, "jobs")


def test_a_job_runs_until_its_program_ends(jobs: Jobs) -> None:
    job_id = jobs.submit("print('hello'); print('again')", jobName="greeting")
    job = jobs.end_of(job_id)
    assert (job["status"], job["jobName"]) == ("SUCCEEDED", "greeting")
    assert job["createdAt"] <= job["startedAt"] <= job["stoppedAt"]
    assert job["container"]["exitCode"] == 0
    assert jobs.lines(job) == ["hello", "again"]
    attempt = job["attempts"][0]
    assert (attempt["startedAt"], attempt["stoppedAt"]) == (job["startedAt"], job["stoppedAt"])
    assert attempt["container"]["exitCode"] == 0
    assert attempt["container"]["logStreamName"] == job["container"]["logStreamName"]
    assert attempt["statusReason"] == "Essential container in task exited"


def test_while_a_job_runs_only_attempts_that_ended_are_listed(jobs: Jobs) -> None:
    job_id = jobs.submit()
    job = jobs.wait_for(job_id, "RUNNING")
    assert job["attempts"] == []
    assert "stoppedAt" not in job
    jobs.terminate(job_id)
    assert len(jobs.end_of(job_id)["attempts"]) == 1


def test_a_program_that_fails_fails_its_job_with_its_exit_code(jobs: Jobs) -> None:
    job = jobs.end_of(jobs.submit("raise SystemExit(70)"))
    assert job["status"] == "FAILED"
    assert job["container"]["exitCode"] == 70
    assert job["statusReason"] == "Essential container in task exited"


def test_lines_can_be_read_while_the_job_runs(jobs: Jobs) -> None:
    job_id = jobs.submit(f"print('begun'); print('half', end='', flush=True)\n{WAIT_FOREVER}")
    job = jobs.wait_for(job_id, "RUNNING")
    eventually(lambda: jobs.lines(job) == ["begun"])
    jobs.terminate(job_id)
    jobs.end_of(job_id)
    assert jobs.lines(job) == ["begun", "half"]


def test_a_job_knows_what_batch_tells_it_and_nothing_of_whoever_started_the_cloud(
    jobs: Jobs,
) -> None:
    definition = jobs.define(
        TELL,
        environment=[{"name": "A", "value": "defined"}, {"name": "B", "value": "defined"}],
    )
    overrides = {"environment": [{"name": "B", "value": "overridden"}]}
    ids = [jobs.submit(jobDefinition=definition, containerOverrides=overrides) for _ in range(2)]
    told = [json.loads(jobs.lines(jobs.end_of(job_id))[0]) for job_id in ids]
    environment = told[0]
    expected = {
        "A": "defined",
        "B": "overridden",
        "FROM_IMAGE": "yes",
        "AWS_BATCH_JOB_ID": ids[0],
        "AWS_BATCH_JOB_ATTEMPT": "1",
        "AWS_BATCH_CE_NAME": "jobs",
        "AWS_BATCH_JQ_NAME": "jobs",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    assert expected.items() <= environment.items()
    assert "AWS_ACCESS_KEY_ID" not in environment
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" not in environment
    assert "AWS_BATCH_JOB_ARRAY_INDEX" not in environment
    for of_its_own in ("HOME", "BIND_ADDRESS"):
        assert told[0][of_its_own] != told[1][of_its_own]
    assert environment["BIND_ADDRESS"].startswith("127.")


def test_overrides_and_parameters_change_what_is_run(jobs: Jobs) -> None:
    definition = jobs.define("print('never')")
    job_id = jobs.submit(
        jobDefinition=definition,
        parameters={"word": "given"},
        containerOverrides={
            "command": ["python", "-c", "print('Ref::word', 'Ref::other')"],
            "resourceRequirements": [{"type": "VCPU", "value": "2"}],
        },
    )
    job = jobs.end_of(job_id)
    assert jobs.lines(job) == ["given Ref::other"]
    needs = {each["type"]: each["value"] for each in job["container"]["resourceRequirements"]}
    assert needs == {"VCPU": "2", "MEMORY": "512"}


def test_lines_go_where_the_definition_says(jobs: Jobs, cloud: LocalCloud) -> None:
    cloud.client("logs").create_log_group(logGroupName="/workers")
    options = {"awslogs-group": "/workers", "awslogs-stream-prefix": "worker"}
    logging = {"logDriver": "awslogs", "options": options}
    definition = jobs.define("print('here')", logConfiguration=logging)
    job = jobs.end_of(jobs.submit(jobDefinition=definition))
    assert job["container"]["logStreamName"].startswith("worker/default/")
    assert jobs.lines(job, "/workers") == ["here"]


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        ({"image": "ramon/unknown"}, "CannotPullContainerError"),
        ({"command": ["no-such-program"]}, "CannotStartContainerError"),
        (
            {
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-group": "/missing"},
                }
            },
            "ResourceInitializationError",
        ),
    ],
)
def test_a_job_that_cannot_start_fails_and_says_why(
    jobs: Jobs, container: dict[str, Any], reason: str
) -> None:
    job = jobs.end_of(jobs.submit(jobDefinition=jobs.define(**container)))
    assert (job["status"], job["statusReason"]) == ("FAILED", "Task failed to start")
    assert job["container"]["reason"].startswith(reason)
    assert "startedAt" not in job["attempts"][0]


def test_terminating_a_job_asks_its_program_to_end_and_retries_nothing(jobs: Jobs) -> None:
    job_id = jobs.submit(retryStrategy={"attempts": 3})
    jobs.wait_for(job_id, "RUNNING")
    jobs.terminate(job_id)
    job = jobs.end_of(job_id)
    assert (job["status"], job["statusReason"]) == ("FAILED", "enough")
    assert job["isTerminated"]
    assert [attempt["container"]["exitCode"] for attempt in job["attempts"]] == [128 + 15]


def test_a_program_that_ignores_sigterm_is_killed_after_thirty_seconds(jobs: Jobs) -> None:
    job_id = jobs.submit(STUBBORN)
    job = jobs.wait_for(job_id, "RUNNING")
    eventually(lambda: jobs.lines(job) == ["ready"])
    pid = jobs.cloud.batch.pid(job_id)
    jobs.terminate(job_id)
    asked = jobs.describe(job_id)
    assert (asked["status"], asked["isTerminated"]) == ("RUNNING", True)
    ended = jobs.wait_for(job_id, "FAILED", seconds=60)
    assert ended["container"]["exitCode"] == 137
    assert not alive(pid)


def test_an_array_job_runs_a_child_for_each_index(jobs: Jobs) -> None:
    program = "import os; raise SystemExit(int(os.environ['AWS_BATCH_JOB_ARRAY_INDEX']) == 1)"
    array = jobs.submit(program, arrayProperties={"size": 3}, tags={"of": "array"})
    ended = jobs.end_of(array)
    assert (ended["status"], ended["statusReason"]) == ("FAILED", "Array Child Job failed")
    summary = ended["arrayProperties"]["statusSummary"]
    assert (summary["SUCCEEDED"], summary["FAILED"]) == (2, 1)
    child = jobs.describe(f"{array}:1")
    assert (child["status"], child["arrayProperties"]["index"]) == ("FAILED", 1)
    assert child["tags"] == {"of": "array"}
    listed = jobs.batch.list_jobs(arrayJobId=array, jobStatus="SUCCEEDED")["jobSummaryList"]
    assert sorted(each["arrayProperties"]["index"] for each in listed) == [0, 2]


def test_terminating_an_array_job_ends_all_its_children(jobs: Jobs) -> None:
    array = jobs.submit(arrayProperties={"size": 2})
    for index in range(2):
        jobs.wait_for(f"{array}:{index}", "RUNNING")
    assert jobs.describe(array)["status"] == "PENDING"
    jobs.terminate(array)
    assert jobs.end_of(array)["statusReason"] == "enough"
    assert [jobs.describe(f"{array}:{index}")["status"] for index in range(2)] == ["FAILED"] * 2


def test_jobs_are_listed_by_status_and_by_name(jobs: Jobs) -> None:
    ended = jobs.submit("pass", jobName="wk_listed")
    jobs.end_of(ended)
    running = jobs.submit(jobName="wk_listed_too")
    jobs.wait_for(running, "RUNNING")

    def listed(**which: Any) -> list[str]:
        answer = jobs.batch.list_jobs(jobQueue="jobs", **which)
        return [each["jobId"] for each in answer["jobSummaryList"]]

    def named(value: str) -> list[str]:
        return listed(filters=[{"name": "JOB_NAME", "values": [value]}])

    assert listed() == [running]
    assert ended in listed(jobStatus="SUCCEEDED")
    assert named("WK_LISTED") == [ended]
    assert named("wk_listed*") == [running, ended]
    jobs.terminate(running)
    jobs.end_of(running)


@pytest.fixture
def events(cloud: LocalCloud) -> Iterator[Any]:
    """The events about a job, so far."""
    sqs, rules = cloud.client("sqs"), cloud.client("events")
    queue = sqs.create_queue(QueueName="batch-events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {"source": ["aws.batch"], "detail-type": ["Batch Job State Change"]}
    rules.put_rule(Name="batch-events", EventPattern=json.dumps(pattern))
    rules.put_targets(Rule="batch-events", Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}])
    received: list[dict[str, Any]] = []

    def about(job_arn: str) -> list[dict[str, Any]]:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        received.extend(json.loads(message["Body"]) for message in messages)
        return [event for event in received if event["resources"] == [job_arn]]

    yield about
    rules.remove_targets(Rule="batch-events", Ids=["queue"])
    rules.delete_rule(Name="batch-events")


def test_each_state_arrives_as_an_event_in_order(jobs: Jobs, events: Any) -> None:
    job_id = jobs.submit("raise SystemExit(7)", tags={"ramon:account": "acc_1"})
    job = jobs.end_of(job_id)
    states = ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "FAILED"]

    def arrived() -> Any:
        found = events(job["jobArn"])
        return len(found) >= len(states) and found

    found = eventually(functools.partial(arrived))
    assert [event["detail"]["status"] for event in found] == states
    detail = found[-1]["detail"]
    assert detail == {key: job[key] for key in detail}
    assert detail["attempts"][0]["container"]["exitCode"] == 7
    assert detail["tags"] == {"ramon:account": "acc_1"}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"jobQueue": "nowhere"}, "JobQueue nowhere not found."),
        ({"jobDefinition": "nothing"}, "JobDefinition nothing not found."),
        ({"jobName": "no spaces"}, "Job name should match valid pattern"),
        ({"arrayProperties": {"size": 1}}, "Array size"),
        ({"timeout": {"attemptDurationSeconds": 59}}, "attemptDurationSeconds"),
        ({"retryStrategy": {"attempts": 11}}, "attempts"),
        ({"tags": {"aws:mine": "x"}}, "aws:"),
        (
            {"containerOverrides": {"environment": [{"name": "A", "value": "x" * 8192}]}},
            "Container Overrides length must be at most 8192",
        ),
        (
            {"containerOverrides": {"resourceRequirements": [{"type": "VCPU", "value": "0"}]}},
            "VCPU",
        ),
    ],
)
def test_bad_submissions_get_the_services_own_error(
    jobs: Jobs, change: dict[str, Any], text: str
) -> None:
    with refused(text):
        jobs.submit("pass", **change)


def test_jobs_that_are_not_there_are_left_out_and_cannot_be_ended(jobs: Jobs) -> None:
    assert jobs.batch.describe_jobs(jobs=["nothing"])["jobs"] == []
    with refused("Could not find job"):
        jobs.terminate("nothing")


def test_options_that_are_not_part_of_the_stand_in_answer_501(jobs: Jobs) -> None:
    for change in (
        {"dependsOn": [{"jobId": "other"}]},
        {"shareIdentifier": "x"},
        {"nodeOverrides": {"numNodes": 2}},
    ):
        with refused("Not part of this stand-in", "NotImplementedException", 501):
            jobs.submit("pass", **change)
    with refused("BEFORE_CREATED_AT", "NotImplementedException", 501):
        filters = [{"name": "BEFORE_CREATED_AT", "values": ["1"]}]
        jobs.batch.list_jobs(jobQueue="jobs", filters=filters)
    with refused("not part", "NotImplementedException", 501):
        jobs.batch.list_scheduling_policies()
