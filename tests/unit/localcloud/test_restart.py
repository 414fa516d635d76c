import json
import time
from pathlib import Path
from typing import Any

from localcloud.testing import running, start
from tests.unit.localcloud.tasks import NETWORK, WAIT_FOREVER, Tasks
from tests.unit.localcloud.waiting import alive, eventually, parent_of

Images = dict[str, dict[str, Any]]


def put_item(dynamodb: Any, name: str) -> None:
    dynamodb.put_item(TableName="things", Item={"id": {"S": name}})


def names(dynamodb: Any) -> set[str]:
    return {item["id"]["S"] for item in dynamodb.scan(TableName="things")["Items"]}


def create_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName="things",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def test_everything_is_there_after_a_graceful_restart(tmp_path: Path) -> None:
    with running(tmp_path) as cloud:
        create_table(cloud.client("dynamodb"))
        put_item(cloud.client("dynamodb"), "a")
        cloud.client("s3").create_bucket(Bucket="bucket")
        cloud.client("s3").put_object(Bucket="bucket", Key="key", Body=b"content")
        before = cloud.endpoint
    with running(tmp_path) as cloud:
        assert names(cloud.client("dynamodb")) == {"a"}
        assert (
            cloud.client("s3").get_object(Bucket="bucket", Key="key")["Body"].read() == b"content"
        )
        assert cloud.endpoint["credentials"] == before["credentials"]
        assert cloud.endpoint["aws_endpoint_url"] == before["aws_endpoint_url"]


def test_what_was_written_seconds_before_a_sigkill_is_there(tmp_path: Path) -> None:
    cloud = start(tmp_path)
    dynamodb = cloud.client("dynamodb")
    create_table(dynamodb)
    put_item(dynamodb, "early")
    eventually(lambda: "early" in saved_state(tmp_path))
    put_item(dynamodb, "later")
    eventually(lambda: "later" in saved_state(tmp_path))
    cloud.kill()
    with running(tmp_path) as again:
        assert names(again.client("dynamodb")) == {"early", "later"}


def saved_state(state_dir: Path) -> str:
    file = state_dir / "aws" / "state.jsonl"
    return file.read_text() if file.exists() else ""


def test_a_snapshot_is_whole_whenever_the_launcher_is_killed(tmp_path: Path) -> None:
    cloud = start(tmp_path)
    create_table(cloud.client("dynamodb"))
    put_item(cloud.client("dynamodb"), "first")
    eventually(lambda: "first" in saved_state(tmp_path))
    unfinished = tmp_path / "aws" / "state.new"
    for number in range(200):
        put_item(cloud.client("dynamodb"), f"{number}-{'x' * 1000}")
    eventually(lambda: unfinished.exists() or f"199-{'x' * 1000}" in saved_state(tmp_path))
    cloud.kill()
    lines = saved_state(tmp_path).splitlines()
    assert "dynamodb" in [json.loads(line)[0] for line in lines]
    with running(tmp_path) as again:
        assert "first" in names(again.client("dynamodb"))


def test_tasks_that_died_with_the_launcher_are_stopped_at_the_true_time(
    tmp_path: Path, images: Images
) -> None:
    cloud = start(tmp_path, images=images)
    tasks = Tasks(cloud, "c")
    pid_file = tmp_path / "pid"
    arn = tasks.run(
        f"import os; open({str(pid_file)!r}, 'w').write(str(os.getpid()))\n{WAIT_FOREVER}"
    )
    tasks.wait_for(arn, "RUNNING")
    pid = int(eventually(lambda: pid_file.exists() and pid_file.read_text()))
    shim = parent_of(pid)
    queue = watch_stopped_tasks(cloud)
    eventually(lambda: "stopped-tasks" in saved_state(tmp_path))
    eventually(lambda: '"target"' in saved_state(tmp_path))
    killed_at = time.time()
    cloud.kill()
    eventually(lambda: not alive(pid) and not alive(shim))
    started_again_at = time.time()
    with running(tmp_path, images=images) as again:
        task = Tasks(again, "c").describe(arn)
        assert task["lastStatus"] == "STOPPED"
        assert task["stopCode"] == "TerminationNotice"
        assert task["containers"][0]["exitCode"] == 137
        assert killed_at - 0.001 <= task["stoppedAt"].timestamp() <= started_again_at
        sqs = again.client("sqs")
        message = eventually(lambda: sqs.receive_message(QueueUrl=queue(again)).get("Messages"))
        assert message
        event = json.loads(message[0]["Body"])
        assert event["detail"]["taskArn"] == arn
        assert event["detail"]["lastStatus"] == "STOPPED"


def watch_stopped_tasks(cloud: Any) -> Any:
    """Send events of stopped tasks to a queue; gives a function that gives the queue's URL."""
    sqs, events = cloud.client("sqs"), cloud.client("events")
    url = sqs.create_queue(QueueName="stopped-tasks")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {"source": ["aws.ecs"], "detail": {"lastStatus": ["STOPPED"]}}
    events.put_rule(Name="stopped", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="stopped", Targets=[{"Id": "target", "Arn": attributes["QueueArn"]}])
    return lambda again: again.client("sqs").get_queue_url(QueueName="stopped-tasks")["QueueUrl"]


def test_a_services_tasks_run_again_after_a_sigkill(tmp_path: Path, images: Images) -> None:
    cloud = start(tmp_path, images=images)
    tasks = Tasks(cloud, "c")
    tasks.ecs.create_service(
        cluster="c",
        serviceName="web",
        taskDefinition=tasks.define(WAIT_FOREVER),
        desiredCount=1,
        networkConfiguration=NETWORK,
    )
    arns = eventually(lambda: tasks.ecs.list_tasks(cluster="c")["taskArns"])
    tasks.wait_for(arns[0], "RUNNING")
    cloud.kill()
    with running(tmp_path, images=images) as again:
        tasks = Tasks(again, "c")
        new = eventually(lambda: tasks.ecs.list_tasks(cluster="c", serviceName="web")["taskArns"])
        assert new != arns
        tasks.wait_for(new[0], "RUNNING")
        assert tasks.describe(arns[0])["lastStatus"] == "STOPPED"


def test_a_graceful_end_lets_tasks_finish_while_the_api_still_answers(
    tmp_path: Path, images: Images
) -> None:
    saved = tmp_path / "answer"
    with running(tmp_path / "state", images=images) as cloud:
        program = f"""
import signal, sys, time, urllib.request
def flush(*_):
    time.sleep(1)
    answer = urllib.request.urlopen("http://127.0.0.1:{cloud.port}/github/api/v3/repos/demo-science/least-squares")
    open({str(saved)!r}, "w").write(str(answer.status))
    sys.exit(0)
signal.signal(signal.SIGTERM, flush)
print("ready", flush=True)
while True: time.sleep(1)
"""
        tasks = Tasks(cloud, "c")
        arn = tasks.run(program, {"stopTimeout": 30})
        log = cloud.state_dir / "logs" / "tasks" / f"{arn.rsplit('/', 1)[-1]}-main.log"
        eventually(lambda: log.exists() and log.read_text() == "ready\n")
    assert saved.read_text() == "200"
    with running(tmp_path / "state", images=images) as again:
        task = Tasks(again, "c").describe(arn)
        assert (task["lastStatus"], task["containers"][0]["exitCode"]) == ("STOPPED", 0)
