import functools
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.testing import LocalCloud
from tests.unit.localcloud.tasks import NETWORK, STUBBORN, WAIT_FOREVER, Tasks
from tests.unit.localcloud.waiting import alive, eventually

TELL = "import json, os; json.dump(dict(os.environ), open({file!r}, 'w')); {then}"


@pytest.fixture(scope="module")
def tasks(cloud: LocalCloud) -> Tasks:
    return Tasks(cloud, "tasks")


def error_of(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_task_goes_from_provisioning_to_running_to_stopped(tasks: Tasks) -> None:
    definition = tasks.define(WAIT_FOREVER)
    answer = tasks.ecs.run_task(
        cluster="tasks", taskDefinition=definition, networkConfiguration=NETWORK
    )
    task = answer["tasks"][0]
    assert (task["lastStatus"], task["desiredStatus"]) == ("PROVISIONING", "RUNNING")
    running = tasks.wait_for(task["taskArn"], "RUNNING")
    assert running["createdAt"] <= running["startedAt"]
    assert running["containers"][0]["lastStatus"] == "RUNNING"
    tasks.stop(task["taskArn"])
    stopped = tasks.wait_for(task["taskArn"], "STOPPED")
    assert stopped["stopCode"] == "UserInitiated"
    assert stopped["stoppedReason"] == "enough"
    assert stopped["startedAt"] <= stopped["stoppingAt"] <= stopped["stoppedAt"]
    assert stopped["containers"][0]["exitCode"] == 128 + 15


def test_a_program_that_exits_stops_its_task_with_its_exit_code(tasks: Tasks) -> None:
    stopped = tasks.wait_for(tasks.run("raise SystemExit(75)"), "STOPPED")
    assert stopped["stopCode"] == "EssentialContainerExited"
    assert stopped["containers"][0]["exitCode"] == 75


def test_a_task_that_ignores_sigterm_is_killed_after_its_stop_timeout(tasks: Tasks) -> None:
    arn = tasks.run(STUBBORN, {"stopTimeout": 2})
    eventually(lambda: tasks.output(arn) == "ready\n")
    tasks.stop(arn)
    stopped = tasks.wait_for(arn, "STOPPED")
    assert stopped["containers"][0]["exitCode"] == 137
    waited = (stopped["executionStoppedAt"] - stopped["stoppingAt"]).total_seconds()
    assert waited >= 2


def test_each_task_listens_on_an_address_of_its_own_and_reports_it(tasks: Tasks) -> None:
    program = """
import os, socket, time
listener = socket.create_server((os.environ["BIND_ADDRESS"], 8888))
while True: listener.accept()[0].sendall(os.environ["BIND_ADDRESS"].encode())
"""
    addresses = set()
    for _ in range(2):
        task = tasks.wait_for(tasks.run(program), "RUNNING")
        address = task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
        details = {each["name"]: each["value"] for each in task["attachments"][0]["details"]}
        assert details["privateIPv4Address"] == address
        assert eventually(functools.partial(hear, address)) == address
        addresses.add(address)
    assert len(addresses) == 2
    assert all(address.startswith("127.") for address in addresses)


def hear(address: str) -> str:
    try:
        with socket.create_connection((address, 8888), 1) as connection:
            return connection.recv(100).decode()
    except ConnectionRefusedError:
        return ""


def test_the_environment_is_the_images_then_the_definitions_then_the_overrides(
    tasks: Tasks, tmp_path: Path
) -> None:
    file = tmp_path / "environment"
    arn = tasks.run(
        TELL.format(file=str(file), then=""),
        {"environment": [{"name": "A", "value": "defined"}, {"name": "B", "value": "defined"}]},
        overrides={
            "containerOverrides": [
                {"name": "main", "environment": [{"name": "B", "value": "overridden"}]}
            ]
        },
    )
    tasks.wait_for(arn, "STOPPED")
    environment = json.loads(file.read_text())
    assert (environment["FROM_IMAGE"], environment["A"], environment["B"]) == (
        "yes",
        "defined",
        "overridden",
    )
    assert not {"AUTH", "STATE_DIR", "PORT", "USER"} & set(environment)
    assert not [name for name in environment if "KEY" in name or "CREDENTIALS" in name]


def test_a_task_has_a_home_of_its_own_which_is_gone_afterwards(
    tasks: Tasks, tmp_path: Path
) -> None:
    file = tmp_path / "environment"
    arn = tasks.run(TELL.format(file=str(file), then="time = __import__('time'); time.sleep(600)"))
    tasks.wait_for(arn, "RUNNING")
    home = Path(json.loads(eventually(lambda: file.exists() and file.read_text()))["HOME"])
    assert home.is_dir()
    tasks.stop(arn)
    tasks.wait_for(arn, "STOPPED")
    assert not home.exists()


def test_what_a_task_started_in_the_background_ends_with_it(tasks: Tasks, tmp_path: Path) -> None:
    program = f"""
import subprocess
subprocess.Popen(["setsid", "-f", "sh", "-c", "echo $$ > {tmp_path}/pid; exec sleep 600"])
{WAIT_FOREVER}
"""
    arn = tasks.run(program)
    pid = int(
        eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text()) or 0
    )
    assert alive(pid)
    tasks.stop(arn)
    tasks.wait_for(arn, "STOPPED")
    assert not alive(pid)


def test_killing_the_process_is_noticed_at_once(tasks: Tasks, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    program = f"import os; open({str(file)!r}, 'w').write(str(os.getpid()))\n{WAIT_FOREVER}"
    arn = tasks.run(program)
    pid = int(eventually(lambda: file.exists() and file.read_text()))
    os.kill(pid, 9)
    stopped = tasks.wait_for(arn, "STOPPED")
    assert (stopped["stopCode"], stopped["containers"][0]["exitCode"]) == (
        "EssentialContainerExited",
        137,
    )


def test_output_is_kept_in_a_log_file_per_task(cloud: LocalCloud, tasks: Tasks) -> None:
    arn = tasks.run("import sys; print('out'); print('err', file=sys.stderr)")
    tasks.wait_for(arn, "STOPPED")
    log = cloud.state_dir / "logs" / "tasks" / f"{arn.rsplit('/', 1)[-1]}-main.log"
    assert sorted(log.read_text().split()) == ["err", "out"]


def test_an_image_that_is_not_here_fails_as_on_aws(tasks: Tasks) -> None:
    stopped = tasks.wait_for(tasks.run("", {"image": "ramon/nothing:1"}), "STOPPED")
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert stopped["stoppedReason"].startswith("CannotPullContainerError")
    assert "exitCode" not in stopped["containers"][0]


def test_a_command_that_is_not_there_fails_as_on_aws(tasks: Tasks) -> None:
    stopped = tasks.wait_for(tasks.run("", {"command": ["no-such-program"]}), "STOPPED")
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert stopped["stoppedReason"].startswith("CannotStartContainerError")


def test_stopping_a_task_before_it_runs_stops_it(tasks: Tasks) -> None:
    arn = tasks.run(WAIT_FOREVER)
    tasks.stop(arn)
    assert tasks.wait_for(arn, "STOPPED")["stopCode"] == "UserInitiated"


def test_the_same_client_token_gives_the_same_task(tasks: Tasks) -> None:
    definition = tasks.define(WAIT_FOREVER)
    first = tasks.run_definition(definition, clientToken="srv_1", startedBy="srv_1")
    assert tasks.run_definition(definition, clientToken="srv_1", startedBy="srv_1") == first
    with pytest.raises(ClientError) as raised:
        tasks.run_definition(definition, clientToken="srv_1", startedBy="somebody else")
    assert error_of(raised) == ("ConflictException", 400)
    tasks.stop(first)


def test_tags_are_given_at_start_added_and_removed(tasks: Tasks) -> None:
    arn = tasks.run(WAIT_FOREVER, tags=[{"key": "ramon:account", "value": "acc_1"}])
    assert tasks.describe(arn)["tags"] == [{"key": "ramon:account", "value": "acc_1"}]
    tasks.ecs.tag_resource(resourceArn=arn, tags=[{"key": "ramon:stage", "value": "local"}])
    tasks.ecs.untag_resource(resourceArn=arn, tagKeys=["ramon:account"])
    expected = [{"key": "ramon:stage", "value": "local"}]
    assert tasks.ecs.list_tags_for_resource(resourceArn=arn)["tags"] == expected
    without = tasks.ecs.describe_tasks(cluster="tasks", tasks=[arn])["tasks"][0]
    assert without["tags"] == []
    tasks.stop(arn)


def test_tasks_are_listed_by_status_family_and_who_started_them(cloud: LocalCloud) -> None:
    tasks = Tasks(cloud, "listed")
    arn = tasks.run(WAIT_FOREVER, startedBy="me")
    list_tasks = tasks.ecs.list_tasks
    assert list_tasks(cluster="listed")["taskArns"] == [arn]
    assert list_tasks(cluster="listed", startedBy="me")["taskArns"] == [arn]
    assert list_tasks(cluster="listed", startedBy="you")["taskArns"] == []
    assert list_tasks(cluster="listed", family="listed-program")["taskArns"] == [arn]
    assert list_tasks(cluster="listed", family="other")["taskArns"] == []
    tasks.stop(arn)
    assert list_tasks(cluster="listed")["taskArns"] == []
    assert list_tasks(cluster="listed", desiredStatus="STOPPED")["taskArns"] == [arn]


def test_lists_come_in_pages(cloud: LocalCloud) -> None:
    tasks = Tasks(cloud, "paged")
    for _ in range(3):
        tasks.define("pass")
    pages = tasks.ecs.get_paginator("list_task_definitions").paginate(
        familyPrefix="paged", PaginationConfig={"PageSize": 2}
    )
    assert [len(page["taskDefinitionArns"]) for page in pages] == [2, 1]


@pytest.fixture
def events(cloud: LocalCloud) -> Iterator[Any]:
    """Gives the ECS events about a task that arrived in a queue so far."""
    sqs, rules = cloud.client("sqs"), cloud.client("events")
    queue = sqs.create_queue(QueueName="ecs-events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"]}
    rules.put_rule(Name="ecs-events", EventPattern=json.dumps(pattern))
    rules.put_targets(Rule="ecs-events", Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}])
    received: list[dict[str, Any]] = []

    def about(task: str) -> list[dict[str, Any]]:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        received.extend(json.loads(message["Body"]) for message in messages)
        return [event for event in received if event["resources"] == [task]]

    yield about
    rules.remove_targets(Rule="ecs-events", Ids=["queue"])
    rules.delete_rule(Name="ecs-events")


def test_each_state_arrives_as_an_event_in_order(tasks: Tasks, events: Any) -> None:
    arn = tasks.run("raise SystemExit(7)", startedBy="srv_7")
    states = ["PROVISIONING", "PENDING", "RUNNING", "RUNNING", "DEPROVISIONING", "STOPPED"]
    found = eventually(lambda: len(events(arn)) >= len(states) and events(arn))
    assert [event["detail"]["lastStatus"] for event in found] == states
    last = found[-1]
    assert (last["source"], last["detail-type"]) == ("aws.ecs", "ECS Task State Change")
    detail = last["detail"]
    assert (detail["stopCode"], detail["startedBy"]) == ("EssentialContainerExited", "srv_7")
    assert detail["containers"][0]["exitCode"] == 7
    assert detail["stoppedAt"].endswith("Z")
    versions = [event["detail"]["version"] for event in found]
    assert versions == sorted(versions)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cluster": "nowhere"}, "ClusterNotFoundException"),
        ({"taskDefinition": "nothing"}, "ClientException"),
        ({"count": 11}, "InvalidParameterException"),
        ({"networkConfiguration": {}}, "InvalidParameterException"),
        ({"overrides": {"containerOverrides": [{"name": "x"}]}}, "InvalidParameterException"),
        ({"tags": [{"key": "aws:mine", "value": ""}]}, "InvalidParameterException"),
        ({"startedBy": "x" * 129}, "InvalidParameterException"),
        ({"launchType": "SUBMARINE"}, "InvalidParameterException"),
    ],
)
def test_bad_requests_get_the_services_own_errors(
    tasks: Tasks, change: dict[str, Any], code: str
) -> None:
    request = {
        "cluster": "tasks",
        "taskDefinition": tasks.define("pass"),
        "networkConfiguration": NETWORK,
    }
    with pytest.raises(ClientError) as raised:
        tasks.ecs.run_task(**request | change)
    assert error_of(raised) == (code, 400)


def test_what_is_not_part_of_the_stand_in_answers_501(tasks: Tasks) -> None:
    definition = tasks.define("pass")
    for call in (
        lambda: tasks.ecs.list_container_instances(cluster="tasks"),
        lambda: tasks.run_definition(definition, enableExecuteCommand=True),
        lambda: tasks.ecs.run_task(cluster="tasks", taskDefinition=definition, launchType="EC2"),
    ):
        with pytest.raises(ClientError) as raised:
            call()
        assert error_of(raised)[1] == 501


def test_a_deregistered_definition_starts_nothing_but_can_be_described(tasks: Tasks) -> None:
    definition = tasks.define("pass")
    tasks.ecs.deregister_task_definition(taskDefinition=definition)
    described = tasks.ecs.describe_task_definition(taskDefinition=definition)
    assert described["taskDefinition"]["status"] == "INACTIVE"
    with pytest.raises(ClientError) as raised:
        tasks.run_definition(definition)
    assert error_of(raised) == ("ClientException", 400)


def test_tasks_and_clusters_that_are_not_there_are_reported_as_missing(tasks: Tasks) -> None:
    answer = tasks.ecs.describe_tasks(cluster="tasks", tasks=["0" * 32])
    assert [failure["reason"] for failure in answer["failures"]] == ["MISSING"]
    answer = tasks.ecs.describe_clusters(clusters=["tasks", "nowhere"])
    assert [cluster["clusterName"] for cluster in answer["clusters"]] == ["tasks"]
    assert [failure["reason"] for failure in answer["failures"]] == ["MISSING"]


def test_a_cluster_with_running_tasks_is_not_deleted(cloud: LocalCloud) -> None:
    tasks = Tasks(cloud, "busy")
    arn = tasks.run(WAIT_FOREVER)
    with pytest.raises(ClientError) as raised:
        tasks.ecs.delete_cluster(cluster="busy")
    assert error_of(raised)[0] == "ClusterContainsTasksException"
    tasks.stop(arn)
    tasks.wait_for(arn, "STOPPED")
    assert tasks.ecs.delete_cluster(cluster="busy")["cluster"]["status"] == "INACTIVE"


def test_a_task_has_the_disk_that_it_asks_for(tasks: Tasks) -> None:
    overrides = {"ephemeralStorage": {"sizeInGiB": 88}}
    arn = tasks.run(WAIT_FOREVER, overrides=overrides)

    assert tasks.describe(arn)["ephemeralStorage"] == {"sizeInGiB": 88}
    assert tasks.describe(tasks.run(WAIT_FOREVER))["ephemeralStorage"] == {"sizeInGiB": 20}


@pytest.mark.parametrize(
    "overrides",
    [
        {"ephemeralStorage": {"sizeInGiB": 20}},
        {"ephemeralStorage": {"sizeInGiB": 201}},
        {"cpu": "256", "memory": "30720"},
        {"cpu": "1000", "memory": "2048"},
    ],
)
def test_what_fargate_does_not_offer_is_refused(tasks: Tasks, overrides: dict[str, Any]) -> None:
    with pytest.raises(ClientError):
        tasks.run(WAIT_FOREVER, overrides=overrides)
