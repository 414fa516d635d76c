import json
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from localcloud.testing import LocalCloud
from tests.unit.localcloud.functions import make_role
from tests.unit.localcloud.tasks import NETWORK, Tasks
from tests.unit.localcloud.waiting import eventually


def client(cloud: LocalCloud, service: str, key: str, secret: str, token: str | None = None) -> Any:
    make_client: Any = boto3.client
    return make_client(
        service,
        endpoint_url=cloud.endpoint["aws_endpoint_url"],
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"max_attempts": 1}),
    )


def as_role(cloud: LocalCloud, role: str, service: str) -> Any:
    answer = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return client(
        cloud, service, answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"]
    )


@pytest.mark.parametrize("key", ["test", "000000000000", "123456789012", "AKIAUNKNOWN"])
def test_keys_that_nobody_was_given_open_nothing(cloud: LocalCloud, key: str) -> None:
    for secret in ("test", "anything"):
        with pytest.raises(ClientError):
            client(cloud, "dynamodb", key, secret).list_tables()
        with pytest.raises(ClientError):
            client(cloud, "s3", key, secret).list_buckets()


def test_the_administrators_key_opens_nothing_without_its_secret(cloud: LocalCloud) -> None:
    key = cloud.endpoint["credentials"]["access_key_id"]
    with pytest.raises(ClientError) as raised:
        client(cloud, "dynamodb", key, "not the secret").list_tables()
    assert "signature" in str(raised.value).lower()


@pytest.mark.parametrize("authorization", [None, "Bearer something", "Basic eDp5", "garbage"])
def test_unsigned_requests_open_nothing(cloud: LocalCloud, authorization: str | None) -> None:
    headers = {"X-Amz-Target": "DynamoDB_20120810.ListTables"}
    if authorization:
        headers["Authorization"] = authorization
    url = cloud.endpoint["aws_endpoint_url"]
    assert httpx.post(url, headers=headers, content=b"{}").status_code in (400, 403)
    headers["X-Amz-Target"] = "AmazonEC2ContainerServiceV20141113.ListClusters"
    assert httpx.post(url, headers=headers, content=b"{}").status_code in (400, 403)


def test_the_emulators_own_administration_is_closed(cloud: LocalCloud) -> None:
    url = cloud.endpoint["aws_endpoint_url"]
    for path in ("/_ministack/reset", "/_ministack/config", "/_localstack/init", "/_aws/ses"):
        assert httpx.post(url + path, content=b"{}").status_code == 404


def test_a_role_may_do_what_its_policy_allows_and_nothing_else(cloud: LocalCloud) -> None:
    table = "arn:aws:dynamodb:us-east-1:000000000000:table/allowed-*"
    role = make_role(cloud, "narrow", {"Action": "dynamodb:DescribeTable", "Resource": table})
    dynamodb = as_role(cloud, role, "dynamodb")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        dynamodb.describe_table(TableName="allowed-table")
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.describe_table(TableName="other-table")


def test_run_task_is_checked_on_the_task_definition_the_cluster_and_the_passed_roles(
    cloud: LocalCloud,
) -> None:
    tasks = Tasks(cloud, "checked")
    passed = make_role(cloud, "passed-role")
    family = "arn:aws:ecs:us-east-1:000000000000:task-definition/checked-program:*"
    cluster = "arn:aws:ecs:us-east-1:000000000000:cluster/checked"
    run = {
        "Action": "ecs:RunTask",
        "Resource": family,
        "Condition": {"ArnEquals": {"ecs:cluster": cluster}},
    }
    definition = tasks.ecs.register_task_definition(
        family="checked-program",
        networkMode="awsvpc",
        taskRoleArn=passed,
        containerDefinitions=[{"name": "main", "image": "python", "command": ["python", "-V"]}],
    )["taskDefinition"]["taskDefinitionArn"]
    request = {"taskDefinition": definition, "networkConfiguration": NETWORK}
    without = as_role(cloud, make_role(cloud, "runner", run), "ecs")
    with pytest.raises(ClientError, match="PassRole"):
        without.run_task(cluster="checked", **request)
    passing = {"Action": "iam:PassRole", "Resource": passed}
    allowed = as_role(cloud, make_role(cloud, "passer", run, passing), "ecs")
    assert allowed.run_task(cluster="checked", **request)["tasks"]
    tasks.ecs.create_cluster(clusterName="elsewhere")
    with pytest.raises(ClientError, match="AccessDenied"):
        allowed.run_task(cluster="elsewhere", **request)


ASK = """
import json, boto3, botocore.exceptions
answer = {{}}
try:
    answer["arn"] = boto3.client("sts").get_caller_identity()["Arn"]
    answer["tables"] = boto3.client("dynamodb").list_tables()["TableNames"]
    boto3.client("s3").list_buckets()
except botocore.exceptions.ClientError as error:
    answer["error"] = error.response["Error"]["Code"]
except botocore.exceptions.NoCredentialsError:
    answer["error"] = "no credentials"
json.dump(answer, open({file!r}, "w"))
"""


def ask(tasks: Tasks, role: str, file: Path) -> dict[str, Any]:
    definition = tasks.ecs.register_task_definition(
        family=f"ask-{role.rsplit('/', 1)[-1]}",
        networkMode="awsvpc",
        taskRoleArn=role,
        containerDefinitions=[
            {
                "name": "main",
                "image": "python",
                "command": ["python", "-c", ASK.format(file=str(file))],
            }
        ],
    )["taskDefinition"]["taskDefinitionArn"]
    tasks.wait_for(tasks.run_definition(definition), "STOPPED")
    answer: dict[str, Any] = json.loads(eventually(file.read_text))
    return answer


def test_a_task_gets_the_rights_of_its_role(cloud: LocalCloud, tmp_path: Path) -> None:
    tasks = Tasks(cloud, "roles")
    role = make_role(cloud, "task-role", {"Action": "dynamodb:ListTables", "Resource": "*"})
    answer = ask(tasks, role, tmp_path / "answer")
    assert ":assumed-role/task-role/" in answer["arn"]
    assert "tables" in answer
    assert answer["error"] == "AccessDenied"


def test_a_task_whose_role_is_empty_finds_no_credentials(cloud: LocalCloud, tmp_path: Path) -> None:
    tasks = Tasks(cloud, "roles")
    answer = ask(tasks, make_role(cloud, "empty-role"), tmp_path / "answer")
    assert answer == {"error": "no credentials"}


def test_credentials_of_tasks_are_given_to_nobody_else(cloud: LocalCloud) -> None:
    url = f"{cloud.endpoint['aws_endpoint_url']}/_localcloud/task-credentials/"
    assert httpx.get(url + "0" * 32).status_code == 403
    assert httpx.get(url + "0" * 32, headers={"Authorization": ""}).status_code == 403


@pytest.mark.parametrize(
    ("granted", "allowed"),
    [(["s3:PutObject"], False), (["s3:PutObject", "s3:PutObjectTagging"], True)],
)
def test_an_object_is_made_with_tags_only_by_who_may_tag_it(
    cloud: LocalCloud, granted: list[str], allowed: bool
) -> None:
    bucket = f"tagged-{len(granted)}"
    cloud.client("s3").create_bucket(Bucket=bucket)
    resource = f"arn:aws:s3:::{bucket}/*"
    role = make_role(cloud, f"of-{bucket}", {"Action": granted, "Resource": resource})
    s3 = as_role(cloud, role, "s3")
    tagged = {"Bucket": bucket, "Key": "key", "Tagging": "a=b"}
    s3.put_object(Bucket=bucket, Key="key", Body=b"without tags")

    for make in (s3.put_object, s3.create_multipart_upload):
        if allowed:
            make(**tagged)
        else:
            with pytest.raises(ClientError, match="AccessDenied"):
                make(**tagged)
