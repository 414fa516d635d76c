"""Whether hosts of a compute environment would get to work: can they reach ECS, and may they?

On AWS a host that has no way to the internet, or no right to register with the ECS cluster that
Batch made, runs and is paid for, and its jobs stay RUNNABLE without a reason.
"""

from ministack.core import iam_evaluator
from ministack.core.responses import request_scope
from ministack.services import ec2, iam

from localcloud.api_model import Record
from localcloud.batch.names import last_part
from localcloud.settings import ACCOUNT, REGION

_JOIN = "ecs:RegisterContainerInstance"


def would_join(environment: Record) -> bool:
    """Whether hosts of a compute environment would register with its ECS cluster.

    Subnets and instance profiles that were made elsewhere, as by a test, are not looked into.
    """
    resources = environment["computeResources"]
    with request_scope(ACCOUNT, REGION):
        return all(map(_gives_addresses, resources["subnets"])) and _may_register(
            resources["instanceRole"], environment["ecsClusterArn"]
        )


def _gives_addresses(subnet: str) -> bool:
    """Hosts get a public address, their only way out of a stack without NAT, from the subnet."""
    found = ec2._subnets.get(subnet)
    return found is None or bool(found["MapPublicIpOnLaunch"])


def _may_register(profile: str, cluster: str) -> bool:
    found = iam._instance_profiles.get(last_part(profile))
    return found is None or any(_allows(role, cluster) for role in found["Roles"])


def _allows(role: str, cluster: str) -> bool:
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:iam::{ACCOUNT}:role/{role}",
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=_JOIN,
        resource_arn=cluster,
        region=REGION,
    )
    policies = iam_evaluator._gather_role_policies(role, ACCOUNT)
    return bool(iam_evaluator.evaluate(context, policies).decision == "Allow")
