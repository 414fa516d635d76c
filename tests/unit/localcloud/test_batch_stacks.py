import json
from typing import Any

import pytest

from localcloud.testing import LocalCloud
from tests.unit.localcloud.jobs import Jobs
from tests.unit.localcloud.waiting import eventually


def template(word: str, port: int) -> str:
    """A stack as a cluster's workers need it."""
    resources: dict[str, Any] = {
        "Worker": {
            "Type": "AWS::Batch::JobDefinition",
            "Properties": {
                "JobDefinitionName": "stack-worker",
                "Type": "container",
                "PlatformCapabilities": ["EC2"],
                "RetryStrategy": {
                    "Attempts": 2,
                    "EvaluateOnExit": [{"OnReason": "*", "Action": "EXIT"}],
                },
                "Timeout": {"AttemptDurationSeconds": 3600},
                "Tags": {"ramon:stage": "test"},
                "ContainerProperties": {
                    "Image": "ramon/python",
                    "Command": ["python", "-c", f"print('{word}')"],
                    "ResourceRequirements": [
                        {"Type": "VCPU", "Value": "1"},
                        {"Type": "MEMORY", "Value": "512"},
                    ],
                    "LogConfiguration": {
                        "LogDriver": "awslogs",
                        "Options": {
                            "awslogs-group": {"Ref": "Logs"},
                            "awslogs-stream-prefix": "worker",
                        },
                    },
                },
            },
        },
        "Logs": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": "/stack/workers"},
        },
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "workers"},
        },
        "Rule": {
            "Type": "AWS::EC2::SecurityGroupIngress",
            "Properties": {
                "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
                "IpProtocol": "tcp",
                "FromPort": port,
                "ToPort": port,
                "SourceSecurityGroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
            },
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
        },
        "Profile": {
            "Type": "AWS::IAM::InstanceProfile",
            "Properties": {"Roles": [{"Ref": "Role"}]},
        },
        "Hosts": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {
                "LaunchTemplateData": {"MetadataOptions": {"HttpPutResponseHopLimit": 1}}
            },
        },
    }
    outputs = {
        "Worker": {"Value": {"Ref": "Worker"}},
        "Group": {"Value": {"Ref": "Group"}},
        "Profile": {"Value": {"Fn::GetAtt": ["Profile", "Arn"]}},
        "Hosts": {"Value": {"Ref": "Hosts"}},
    }
    return json.dumps({"Resources": resources, "Outputs": outputs})


@pytest.fixture(scope="module")
def jobs(cloud: LocalCloud) -> Jobs:
    return Jobs(cloud, "stacks")


def outputs(cloudformation: Any) -> dict[str, str]:
    """The stack's outputs once it is complete."""

    def look() -> Any:
        stack = cloudformation.describe_stacks(StackName="workers")["Stacks"][0]
        assert "FAILED" not in stack["StackStatus"]
        assert "ROLLBACK" not in stack["StackStatus"]
        return stack if stack["StackStatus"].endswith("_COMPLETE") else None

    return {each["OutputKey"]: each["OutputValue"] for each in eventually(look)["Outputs"]}


def ports(cloud: LocalCloud, group: str) -> list[int]:
    """The ports that a security group lets in."""
    found = cloud.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    return [rule["FromPort"] for rule in found["IpPermissions"]]


def test_a_stack_has_workers_and_what_their_hosts_need(cloud: LocalCloud, jobs: Jobs) -> None:
    cloudformation = cloud.client("cloudformation")
    capabilities = ["CAPABILITY_IAM"]
    cloudformation.create_stack(
        StackName="workers", TemplateBody=template("one", 8700), Capabilities=capabilities
    )
    made = outputs(cloudformation)
    assert made["Worker"].endswith(":job-definition/stack-worker:1")
    job = jobs.end_of(jobs.submit(jobDefinition="stack-worker"))
    assert jobs.lines(job, "/stack/workers") == ["one"]
    assert job["retryStrategy"]["attempts"] == 2
    assert ports(cloud, made["Group"]) == [8700]
    assert ":instance-profile/" in made["Profile"]
    assert made["Hosts"].startswith("lt-")

    cloudformation.update_stack(
        StackName="workers", TemplateBody=template("two", 8800), Capabilities=capabilities
    )
    eventually(lambda: outputs(cloudformation)["Worker"].endswith(":2"))
    job = jobs.end_of(jobs.submit(jobDefinition="stack-worker"))
    assert jobs.lines(job, "/stack/workers") == ["two"]
    assert ports(cloud, made["Group"]) == [8800]
    tags = jobs.batch.list_tags_for_resource(resourceArn=outputs(cloudformation)["Worker"])
    assert tags["tags"]["ramon:stage"] == "test"

    cloudformation.delete_stack(StackName="workers")

    def states() -> set[str]:
        answer = jobs.batch.describe_job_definitions(jobDefinitionName="stack-worker")
        return {each["status"] for each in answer["jobDefinitions"]}

    eventually(lambda: states() == {"INACTIVE"})
