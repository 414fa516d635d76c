"""What the packaged template promises about safety, whatever is added to it later."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.core import config

Resources = dict[str, Any]

WITHOUT_RESOURCES = {
    "batch:DescribeComputeEnvironments",
    "batch:DescribeJobQueues",
    "batch:DescribeJobs",
    "batch:ListJobs",
    "ecr:GetAuthorizationToken",
    "ecs:DiscoverPollEndpoint",
    "ecs:ListTasks",  # bound to the cluster by a condition
    "states:SendTaskFailure",
    "states:SendTaskHeartbeat",
    "states:SendTaskSuccess",
}
"""Actions that AWS lets nobody bind to a resource (Service Authorization Reference)."""


def _of_type(resources: Resources, type_: str) -> Iterator[tuple[str, Any]]:
    found = [(n, r["Properties"]) for n, r in resources.items() if r["Type"] == type_]
    assert found, f"no {type_} in the template"
    yield from found


def _statements(resources: Resources) -> Iterator[tuple[str, Any]]:
    for name, role in _of_type(resources, "AWS::IAM::Role"):
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_every_function_has_a_role_of_its_own(resources: Resources) -> None:
    roles = [
        json.dumps(function["Role"])
        for _, function in _of_type(resources, "AWS::Serverless::Function")
    ]

    assert len(roles) == len(set(roles))


def test_every_function_writes_to_a_log_of_its_own_that_is_kept_for_a_while(
    resources: Resources,
) -> None:
    for name, function in _of_type(resources, "AWS::Serverless::Function"):
        log = resources[function["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]

        assert (
            log["LogGroupName"]["Fn::Sub"] == "/aws/lambda/" + function["FunctionName"]["Fn::Sub"]
        )
        assert log["RetentionInDays"], name


def test_no_policy_allows_every_action_of_a_service(resources: Resources) -> None:
    for name, statement in _statements(resources):
        assert statement["Effect"] == "Allow"
        for action in _as_list(statement["Action"]):
            assert "*" not in action, name


def test_policies_name_resources_wherever_aws_lets_them(resources: Resources) -> None:
    for name, statement in _statements(resources):
        if statement["Resource"] == "*" and statement["Sid"] != "DeliverLogs":
            assert set(_as_list(statement["Action"])) <= WITHOUT_RESOURCES, name


def test_policies_of_functions_name_no_whole_table_index_or_bucket_by_wildcard(
    resources: Resources,
) -> None:
    for name, statement in _statements(resources):
        for resource in _as_list(statement["Resource"]):
            text = json.dumps(resource)
            assert "table/*" not in text, name
            assert "/index/*" not in text, name
            assert ":::*" not in text, name


def test_only_a_launch_may_run_tasks_and_only_the_notebooks(resources: Resources) -> None:
    runs = [
        (name, statement)
        for name, statement in _statements(resources)
        if "ecs:RunTask" in _as_list(statement["Action"])
    ]

    assert [name for name, _ in runs] == ["LaunchServerRole"]
    assert "task-definition/ramon-${Stage}-notebook:*" in json.dumps(runs[0][1]["Resource"])


def test_notebooks_have_no_rights_in_aws(resources: Resources) -> None:
    notebook = resources["NotebookTask"]["Properties"]

    assert "TaskRoleArn" not in notebook
    assert [container["Name"] for container in notebook["ContainerDefinitions"]] == ["notebook"]


def test_workers_have_no_rights_in_aws_and_no_way_to_those_of_their_hosts(
    resources: Resources,
) -> None:
    worker = resources["WorkerJobDefinition"]["Properties"]["ContainerProperties"]
    data = resources["WorkerLaunchTemplate"]["Properties"]["LaunchTemplateData"]
    script = json.dumps(data["UserData"])

    assert not {"JobRoleArn", "ExecutionRoleArn"} & worker.keys()
    assert worker["User"] == "1000:1000"
    assert not worker.get("Privileged")
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert data["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    assert "FORWARD --destination 169.254.169.254/32 --jump DROP" in script
    assert "OUTPUT --destination 169.254.169.254/32" in script


def test_only_a_submission_may_submit_jobs_and_only_the_workers(resources: Resources) -> None:
    submits = [
        (name, statement)
        for name, statement in _statements(resources)
        if "batch:SubmitJob" in _as_list(statement["Action"])
    ]

    assert [name for name, _ in submits] == ["SubmitWorkersRole"]
    assert "job-definition/ramon-${Stage}-worker" in json.dumps(submits[0][1]["Resource"])


def test_only_what_makes_pools_may_give_hosts_their_role(resources: Resources) -> None:
    passes = {
        name
        for name, statement in _statements(resources)
        if "iam:PassRole" in _as_list(statement["Action"])
        and "WorkerHostRole" in json.dumps(statement["Resource"])
    }

    assert passes == {"PreparePoolRole"}


def test_a_gateway_may_only_look_up_routes(resources: Resources) -> None:
    role = resources["GatewayTask"]["Properties"]["TaskRoleArn"]["Fn::GetAtt"][0]
    allowed = [statement for name, statement in _statements(resources) if name == role]

    assert [statement["Action"] for statement in allowed] == ["dynamodb:GetItem"]
    assert allowed[0]["Resource"] == {"Fn::GetAtt": ["RoutesTable", "Arn"]}


def test_every_table_is_paid_by_use_encrypted_and_can_be_set_back(resources: Resources) -> None:
    for name, table in _of_type(resources, "AWS::DynamoDB::Table"):
        assert table["BillingMode"] == "PAY_PER_REQUEST", name
        assert table["SSESpecification"] == {"SSEEnabled": True}, name
        recovery = table["PointInTimeRecoverySpecification"]
        assert recovery == {"PointInTimeRecoveryEnabled": True}, name
        assert table["TableName"]["Fn::Sub"].startswith("ramon-${Stage}-"), name


@pytest.mark.parametrize("table", ["Sessions", "ApiTokens", "Tickets", "RateLimits", "Uploads"])
def test_what_expires_is_deleted_by_itself(resources: Resources, table: str) -> None:
    ttl = resources[f"{table}Table"]["Properties"]["TimeToLiveSpecification"]

    assert ttl == {"AttributeName": "expires_at", "Enabled": True}


def test_data_outlives_the_stack_unless_the_settings_say_otherwise(resources: Resources) -> None:
    kept = [r for r in resources.values() if r["Type"] == "AWS::DynamoDB::Table"]
    kept += [resources["BlobsBucket"], resources["GithubSecret"]]

    for resource in kept:
        assert resource["DeletionPolicy"] == {"Ref": "DataDeletionPolicy"}
        assert resource["UpdateReplacePolicy"] == "Retain"


def test_every_bucket_is_private_encrypted_and_forgets_broken_uploads(
    resources: Resources,
) -> None:
    for name, bucket in _of_type(resources, "AWS::S3::Bucket"):
        assert all(bucket["PublicAccessBlockConfiguration"].values()), name
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4, name
        assert bucket["BucketEncryption"], name
        rules = bucket["LifecycleConfiguration"]["Rules"]
        assert any("AbortIncompleteMultipartUpload" in rule for rule in rules), name


def test_every_bucket_refuses_requests_without_tls(resources: Resources) -> None:
    buckets = {name for name, _ in _of_type(resources, "AWS::S3::Bucket")}
    refusing = {
        policy["Bucket"]["Ref"]
        for _, policy in _of_type(resources, "AWS::S3::BucketPolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }

    assert refusing == buckets


def test_only_the_load_balancer_admits_the_world(resources: Resources) -> None:
    open_to_all = {
        name
        for name, group in _of_type(resources, "AWS::EC2::SecurityGroup")
        for rule in group["SecurityGroupIngress"]
        if "CidrIp" in rule
    }

    assert open_to_all == {"LoadBalancerGroup"}


def test_nothing_but_a_gateway_reaches_a_notebook(resources: Resources) -> None:
    [rule] = resources["NotebookGroup"]["Properties"]["SecurityGroupIngress"]

    assert rule["SourceSecurityGroupId"] == {"Fn::GetAtt": ["GatewayGroup", "GroupId"]}
    assert (rule["FromPort"], rule["ToPort"]) == (8888, 8888)


def _of_group(resources: Resources, group: str) -> Iterator[Any]:
    for _, rule in _of_type(resources, "AWS::EC2::SecurityGroupIngress"):
        if rule["GroupId"] == {"Fn::GetAtt": [group, "GroupId"]}:
            yield rule


def test_workers_reach_schedulers_beside_notebooks_and_nothing_else_of_them(
    resources: Resources,
) -> None:
    [rule] = _of_group(resources, "NotebookGroup")

    assert rule["SourceSecurityGroupId"] == {"Fn::GetAtt": ["WorkerGroup", "GroupId"]}
    assert (rule["FromPort"], rule["ToPort"]) == (8700, 8799)


def test_workers_are_reached_by_notebooks_and_each_other_only(resources: Resources) -> None:
    sources = {
        rule["SourceSecurityGroupId"]["Fn::GetAtt"][0]
        for rule in _of_group(resources, "WorkerGroup")
    }

    assert sources == {"NotebookGroup", "WorkerGroup"}
    assert resources["WorkerGroup"]["Properties"]["SecurityGroupIngress"] == []


def test_the_site_is_private_and_has_strict_headers(resources: Resources) -> None:
    config = resources["Distribution"]["Properties"]["DistributionConfig"]
    behaviours = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
    headers = resources["SecurityHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    csp = headers["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]

    assert all(b["ResponseHeadersPolicyId"] == {"Ref": "SecurityHeaders"} for b in behaviours)
    assert all(b["ViewerProtocolPolicy"] == "redirect-to-https" for b in behaviours)
    assert "script-src 'self';" in csp["Fn::Sub"]
    assert "frame-ancestors 'none'" in csp["Fn::Sub"]


def test_the_gateway_of_the_api_answers_in_the_one_error_shape(resources: Resources) -> None:
    for response in resources["RestAPI"]["Properties"]["GatewayResponses"].values():
        error = json.loads(response["ResponseTemplates"]["application/json"])["error"]

        assert set(error) == {"code", "message", "details"}
        assert "ResponseParameters" not in response


def test_every_setting_of_the_service_is_set(
    stack: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in stack["Globals"]["Function"]["Environment"]["Variables"]:
        monkeypatch.setenv(name, "set")

    settings = config.settings.__wrapped__()  # raises for what is missing

    assert settings.app_origin == config.stage() == "set"
