import json
from typing import Any

import pytest

from localcloud.testing import LocalCloud
from tests.unit.localcloud.functions import make_role
from tests.unit.localcloud.jobs import HOSTS, Jobs, refused
from tests.unit.localcloud.test_access import ASK, as_role

BATCH = "arn:aws:batch:us-east-1:000000000000:"
NAME = "access"


@pytest.fixture(scope="module")
def jobs(cloud: LocalCloud) -> Jobs:
    return Jobs(cloud, NAME)


def denied(text: str) -> Any:
    return refused(text, "AccessDeniedException", 403)


def acting(cloud: LocalCloud, role: str, *allowed: dict[str, Any]) -> Any:
    """A client of Batch with a role that allows this."""
    return as_role(cloud, make_role(cloud, role, *allowed), "batch")


def on(action: str, *resources: str, **condition: Any) -> dict[str, Any]:
    """A statement about resources of Batch."""
    statement = {"Action": action, "Resource": [BATCH + each for each in resources]}
    return statement | ({"Condition": condition} if condition else {})


def test_submitting_needs_the_queue_and_the_definition_with_its_revision(
    cloud: LocalCloud, jobs: Jobs
) -> None:
    definition, queue = f"job-definition/{NAME}-program:*", f"job-queue/{NAME}"
    request = {"jobName": "x", "jobQueue": NAME, "jobDefinition": jobs.define("pass")}
    by_name = request | {"jobDefinition": f"{NAME}-program"}
    allowed = acting(cloud, "submitter", on("batch:SubmitJob", definition, queue))
    jobs.end_of(allowed.submit_job(**request)["jobId"])
    jobs.end_of(allowed.submit_job(**by_name)["jobId"])
    for role, resource in (("no-queue", definition), ("no-definition", queue)):
        with denied("batch:SubmitJob"):
            acting(cloud, role, on("batch:SubmitJob", resource)).submit_job(**request)
    without_revision = on("batch:SubmitJob", f"job-definition/{NAME}-program", queue)
    with denied("batch:SubmitJob"):
        acting(cloud, "no-revision", without_revision).submit_job(**by_name)


def test_tags_at_creation_need_the_right_to_tag_too(cloud: LocalCloud, jobs: Jobs) -> None:
    request = {
        "jobName": "x",
        "jobQueue": NAME,
        "jobDefinition": jobs.define("pass"),
        "tags": {"ramon:account": "acc_1"},
    }
    submitting = on("batch:SubmitJob", "job-definition/*", "job-queue/*")
    with denied("batch:TagResource"):
        acting(cloud, "untagged", submitting).submit_job(**request)
    tagging = on("batch:TagResource", "job/*")
    job_id = acting(cloud, "tagging", submitting, tagging).submit_job(**request)["jobId"]
    assert jobs.end_of(job_id)["tags"] == request["tags"]


def test_what_is_made_can_be_bound_to_its_name_and_tags(cloud: LocalCloud) -> None:
    tagged = {"StringLike": {"aws:RequestTag/ramon:account": "?*"}}
    allowed = acting(
        cloud,
        "maker",
        on("batch:CreateComputeEnvironment", "compute-environment/ramon-*", **tagged),
        on("batch:TagResource", "compute-environment/ramon-*"),
    )
    request = {"type": "MANAGED", "computeResources": HOSTS}
    named = request | {"computeEnvironmentName": "ramon-a"}
    allowed.create_compute_environment(**named, tags={"ramon:account": "acc_1"})
    with denied("CreateComputeEnvironment"):
        allowed.create_compute_environment(**request | {"computeEnvironmentName": "ramon-b"})
    with denied("CreateComputeEnvironment"):
        allowed.create_compute_environment(
            **request | {"computeEnvironmentName": "other"}, tags={"ramon:account": "acc_1"}
        )


def test_a_queue_is_made_of_environments_that_one_may_use(cloud: LocalCloud, jobs: Jobs) -> None:
    order = [{"order": 1, "computeEnvironment": NAME}]
    request = {"jobQueueName": "access-2", "priority": 1, "computeEnvironmentOrder": order}
    with denied("compute-environment/access"):
        acting(cloud, "queue-only", on("batch:CreateJobQueue", "job-queue/*")).create_job_queue(
            **request
        )
    both = on("batch:CreateJobQueue", "job-queue/*", f"compute-environment/{NAME}")
    assert acting(cloud, "queue-and-more", both).create_job_queue(**request)["jobQueueArn"]


def test_the_roles_of_hosts_must_be_passed(cloud: LocalCloud) -> None:
    host_role = make_role(cloud, "host-role")
    iam = cloud.client("iam")
    profile = iam.create_instance_profile(InstanceProfileName="hosts")["InstanceProfile"]["Arn"]
    iam.add_role_to_instance_profile(InstanceProfileName="hosts", RoleName="host-role")
    making = on("batch:CreateComputeEnvironment", "compute-environment/*")
    request = {
        "computeEnvironmentName": "access-hosts",
        "type": "MANAGED",
        "computeResources": HOSTS | {"instanceRole": profile},
    }
    with denied("iam:PassRole"):
        acting(cloud, "not-passing", making).create_compute_environment(**request)
    to_ec2 = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    passing = {"Action": "iam:PassRole", "Resource": host_role, "Condition": to_ec2}
    assert acting(cloud, "passing", making, passing).create_compute_environment(**request)


def test_jobs_can_be_ended_by_their_tags_alone(cloud: LocalCloud, jobs: Jobs) -> None:
    ours = jobs.submit(tags={"ramon:stage": "test"})
    other = jobs.submit()
    tagged = {"StringEquals": {"aws:ResourceTag/ramon:stage": "test"}}
    allowed = acting(cloud, "terminator", on("batch:TerminateJob", "job/*", **tagged))
    with denied("batch:TerminateJob"):
        allowed.terminate_job(jobId=other, reason="not mine")
    allowed.terminate_job(jobId=ours, reason="mine")
    assert jobs.end_of(ours)["statusReason"] == "mine"
    jobs.terminate(other)
    jobs.end_of(other)


def test_lists_and_descriptions_are_about_everything(cloud: LocalCloud, jobs: Jobs) -> None:
    narrow = acting(cloud, "narrow-reader", on("batch:DescribeJobs", "job/*"))
    with denied("batch:DescribeJobs"):
        narrow.describe_jobs(jobs=["x"])
    reading = {"Action": ["batch:DescribeJobs", "batch:ListJobs"], "Resource": "*"}
    reader = acting(cloud, "reader", reading)
    assert reader.describe_jobs(jobs=["x"])["jobs"] == []
    assert reader.list_jobs(jobQueue=NAME)["jobSummaryList"] == []


def test_a_job_gets_the_rights_of_its_role(cloud: LocalCloud, jobs: Jobs) -> None:
    role = make_role(cloud, "job-role", {"Action": "dynamodb:ListTables", "Resource": "*"})
    definition = jobs.define(ASK.format(file="/dev/stdout"), jobRoleArn=role)
    job = jobs.end_of(jobs.submit(jobDefinition=definition))
    answer = json.loads(jobs.lines(job)[0])
    assert ":assumed-role/job-role/" in answer["arn"]
    assert answer["error"] == "AccessDenied"


def test_a_job_whose_role_is_empty_finds_no_credentials(cloud: LocalCloud, jobs: Jobs) -> None:
    role = make_role(cloud, "empty-job-role")
    definition = jobs.define(ASK.format(file="/dev/stdout"), jobRoleArn=role)
    job = jobs.end_of(jobs.submit(jobDefinition=definition))
    assert json.loads(jobs.lines(job)[0]) == {"error": "no credentials"}
