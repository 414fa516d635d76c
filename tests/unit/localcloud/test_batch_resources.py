from typing import Any

import pytest

from localcloud.testing import LocalCloud
from tests.unit.localcloud.jobs import HOSTS, Jobs, refused
from tests.unit.localcloud.waiting import eventually


@pytest.fixture(scope="module")
def jobs(cloud: LocalCloud) -> Jobs:
    return Jobs(cloud, "resources")


def test_a_compute_environment_is_creating_and_then_valid(jobs: Jobs) -> None:
    jobs.cloud.batch.slow_changes(1)
    made = jobs.batch.create_compute_environment(
        computeEnvironmentName="fresh", type="MANAGED", computeResources=HOSTS
    )
    jobs.cloud.batch.reset()
    assert made["computeEnvironmentArn"].endswith(":compute-environment/fresh")
    assert jobs.environment("fresh")["status"] == "CREATING"
    with refused("Cannot update, resource is being modified"):
        jobs.batch.update_compute_environment(computeEnvironment="fresh", state="DISABLED")
    jobs.wait_for_environment("fresh")
    assert jobs.environment("fresh")["statusReason"] == "ComputeEnvironment Healthy"
    with refused("Object already exists"):
        jobs.make_environment("fresh")


def test_an_update_changes_what_it_names_and_leaves_the_rest(jobs: Jobs) -> None:
    jobs.make_environment("growing", type="SPOT")
    jobs.batch.update_compute_environment(
        computeEnvironment="growing", computeResources={"maxvCpus": 64}
    )
    jobs.wait_for_environment("growing")
    resources = jobs.environment("growing")["computeResources"]
    assert (resources["maxvCpus"], resources["type"]) == (64, "SPOT")
    assert resources["instanceTypes"] == ["optimal"]


def test_only_a_disabled_environment_that_no_queue_uses_is_deleted(cloud: LocalCloud) -> None:
    jobs = Jobs(cloud, "leaving")
    with refused("Cannot delete"):
        jobs.batch.delete_compute_environment(computeEnvironment="leaving")
    with refused("Cannot delete"):
        jobs.batch.delete_job_queue(jobQueue="leaving")
    jobs.disable()
    with refused("Cannot delete, found existing JobQueue relationship"):
        jobs.batch.delete_compute_environment(computeEnvironment="leaving")
    jobs.batch.delete_job_queue(jobQueue="leaving")
    eventually(lambda: jobs.queue("leaving") is None)
    jobs.batch.delete_compute_environment(computeEnvironment="leaving")
    eventually(lambda: jobs.environment("leaving") is None)
    jobs.batch.delete_compute_environment(computeEnvironment="leaving")
    jobs.batch.delete_job_queue(jobQueue="leaving")


def test_a_queue_takes_its_jobs_with_it(cloud: LocalCloud) -> None:
    jobs = Jobs(cloud, "doomed", maxvCpus=1)
    running, waiting = jobs.submit(), jobs.submit()
    jobs.wait_for(running, "RUNNING")
    jobs.disable()
    jobs.batch.delete_job_queue(jobQueue="doomed")
    eventually(lambda: jobs.queue("doomed") is None)
    assert [jobs.describe(each)["status"] for each in (running, waiting)] == ["FAILED", "FAILED"]


def test_a_disabled_queue_takes_no_jobs(cloud: LocalCloud) -> None:
    jobs = Jobs(cloud, "closed")
    jobs.disable()
    with refused("not ENABLED"):
        jobs.submit()


def test_a_job_waits_for_its_environment_to_be_enabled(cloud: LocalCloud) -> None:
    jobs = Jobs(cloud, "resting")
    jobs.batch.update_compute_environment(computeEnvironment="resting", state="DISABLED")
    job_id = jobs.submit("pass")
    jobs.wait_for(job_id, "RUNNABLE")
    jobs.wait_for_environment("resting")
    jobs.batch.update_compute_environment(computeEnvironment="resting", state="ENABLED")
    assert jobs.end_of(job_id)["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"computeEnvironmentName": "no spaces"}, "name should match valid pattern"),
        ({"computeResources": HOSTS | {"subnets": []}}, "subnets"),
        ({"computeResources": HOSTS | {"minvCpus": 9}}, "minvCpus"),
        ({"type": "IMAGINED"}, "IMAGINED"),
        ({"tags": {"aws:mine": "x"}}, "aws:"),
    ],
)
def test_bad_environments_are_refused(jobs: Jobs, change: dict[str, Any], text: str) -> None:
    request = {"computeEnvironmentName": "bad", "type": "MANAGED", "computeResources": HOSTS}
    with refused(text):
        jobs.batch.create_compute_environment(**request | change)


def test_capacity_that_is_not_part_of_the_stand_in_answers_501(jobs: Jobs) -> None:
    with refused("FARGATE", "NotImplementedException", 501):
        jobs.make_environment("fargate", type="FARGATE")
    with refused("UNMANAGED", "NotImplementedException", 501):
        jobs.batch.create_compute_environment(computeEnvironmentName="mine", type="UNMANAGED")


def test_a_queue_needs_one_to_three_environments_that_are_there(jobs: Jobs) -> None:
    with refused("from 1 to 3"):
        jobs.make_queue("empty")
    with refused("nowhere does not exist"):
        jobs.make_queue("lost", "nowhere")


def test_each_registration_is_a_new_revision_and_the_newest_active_one_is_run(jobs: Jobs) -> None:
    first, second = jobs.define("print(1)"), jobs.define("print(2)")
    name = first.rpartition("/")[2].partition(":")[0]
    assert (first[-2:], second[-2:]) == (":1", ":2")
    assert jobs.lines(jobs.end_of(jobs.submit(jobDefinition=name))) == ["2"]
    jobs.batch.deregister_job_definition(jobDefinition=second)
    assert jobs.lines(jobs.end_of(jobs.submit(jobDefinition=name))) == ["1"]
    with refused("not found"):
        jobs.submit(jobDefinition=second)
    answer = jobs.batch.describe_job_definitions(jobDefinitionName=name)
    states = {each["revision"]: each["status"] for each in answer["jobDefinitions"]}
    assert states == {1: "ACTIVE", 2: "INACTIVE"}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"containerProperties": {"command": ["x"]}}, "image"),
        ({"containerProperties": {"image": "x"}}, "VCPU"),
        ({"containerProperties": {"image": "x", "vcpus": 1}}, "MEMORY"),
    ],
)
def test_bad_definitions_are_refused(jobs: Jobs, change: dict[str, Any], text: str) -> None:
    with refused(text):
        jobs.batch.register_job_definition(
            **{"jobDefinitionName": "bad", "type": "container"} | change
        )


def test_every_resource_can_be_tagged(jobs: Jobs) -> None:
    job_id = jobs.submit("pass", tags={"at": "submission"})
    job = jobs.end_of(job_id)
    arns = [
        jobs.environment("resources")["computeEnvironmentArn"],
        jobs.queue("resources")["jobQueueArn"],
        job["jobDefinition"],
        job["jobArn"],
    ]
    for arn in arns:
        jobs.batch.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
        jobs.batch.untag_resource(resourceArn=arn, tagKeys=["a"])
        assert jobs.batch.list_tags_for_resource(resourceArn=arn)["tags"]["b"] == "2"
    assert jobs.describe(job_id)["tags"] == {"at": "submission", "b": "2"}
    found = jobs.cloud.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "b", "Values": ["2"]}]
    )
    assert {each["ResourceARN"] for each in found["ResourceTagMappingList"]} >= set(arns)
    with refused("not found"):
        jobs.batch.tag_resource(resourceArn=f"{arns[0]}-not", tags={"a": "1"})
