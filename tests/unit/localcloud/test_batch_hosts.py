"""Hosts that could not get to work on AWS get no work here."""

import json
from typing import Any

import pytest

from localcloud.testing import LocalCloud
from tests.unit.localcloud.jobs import Jobs

ROLE = "hosts-that-may-join"
MAY_JOIN = "arn:aws:ecs:*:*:cluster/AWSBatch-hosts-*"
NAME_OF_OTHER_CLUSTERS = "arn:aws:ecs:*:*:cluster/*_Batch_*"


@pytest.fixture(scope="module")
def role(cloud: LocalCloud) -> str:
    """A role of hosts, in an instance profile of the same name."""
    iam = cloud.client("iam")
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument="{}")
    iam.create_instance_profile(InstanceProfileName=ROLE)
    iam.add_role_to_instance_profile(InstanceProfileName=ROLE, RoleName=ROLE)
    return ROLE


@pytest.fixture(scope="module")
def subnet(cloud: LocalCloud) -> str:
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")
    return str(made["Subnet"]["SubnetId"])


def _allow(cloud: LocalCloud, role: str, clusters: str) -> None:
    statement = {
        "Effect": "Allow", "Action": "ecs:RegisterContainerInstance", "Resource": clusters,
    }  # fmt: skip
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.client("iam").put_role_policy(RoleName=role, PolicyName="join", PolicyDocument=document)


def _publish(cloud: LocalCloud, subnet: str, *, public: bool) -> None:
    value: dict[str, Any] = {"Value": public}
    cloud.client("ec2").modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch=value)


@pytest.fixture(scope="module")
def jobs(cloud: LocalCloud, role: str, subnet: str) -> Jobs:
    return Jobs(cloud, "hosts", subnets=[subnet], instanceRole=role)


@pytest.mark.parametrize("fault", ["no public address", "no right to join"])
def test_jobs_stay_runnable_while_hosts_could_not_join_their_cluster(
    cloud: LocalCloud, jobs: Jobs, role: str, subnet: str, fault: str
) -> None:
    _publish(cloud, subnet, public=fault != "no public address")
    _allow(cloud, role, NAME_OF_OTHER_CLUSTERS if fault == "no right to join" else MAY_JOIN)

    waiting = jobs.submit("pass")
    held_up = jobs.submit("pass")

    # The second one was looked at after the first: both would have been placed by now.
    assert jobs.wait_for(held_up, "RUNNABLE")
    assert jobs.describe(waiting)["status"] == "RUNNABLE"
    assert "statusReason" not in jobs.describe(waiting)

    _publish(cloud, subnet, public=True)
    _allow(cloud, role, MAY_JOIN)
    jobs.submit("pass")

    assert jobs.end_of(waiting)["status"] == jobs.end_of(held_up)["status"] == "SUCCEEDED"
