"""What the hosts of workers may do, held against the names that Batch gives."""

from collections.abc import Iterator

from ops.checks.behaviour.template import ACCOUNT, Template

_ENVIRONMENT = "ramon-{stage}-acc_0000000000000000000000-spot"
"""A compute environment, as `chalicelib/clusters/environments.py` names them."""

_CLUSTER = "AWSBatch-{environment}-00000000-0000-0000-0000-000000000000"
"""The ECS cluster of it: BatchServiceRolePolicy covers `cluster/AWSBatch*` only, and CloudTrail
shows this form (aws/aws-cdk#25305)."""

_OF_CLUSTER = ("ecs:RegisterContainerInstance", "ecs:DeregisterContainerInstance")
_OF_INSTANCE = ("ecs:Poll", "ecs:StartTelemetrySession", "ecs:UpdateContainerInstancesState")


def may_join_the_clusters_that_batch_makes(template: Template) -> Iterator[str]:
    """Every role of hosts may register with, and be served by, the ECS clusters of Batch."""
    stage = template.parameters["Stage"]
    cluster = _CLUSTER.format(environment=_ENVIRONMENT.format(stage=stage))
    ecs = f"arn:aws:ecs:{template.region}:{ACCOUNT}"
    wanted = [(action, f"{ecs}:cluster/{cluster}") for action in _OF_CLUSTER]
    wanted += [
        (action, f"{ecs}:container-instance/{cluster}/{'0' * 32}") for action in _OF_INSTANCE
    ]
    for role in sorted(_host_roles(template)):
        for action, arn in wanted:
            if not template.allows(role, action, arn):
                yield f"{role} does not allow {action} on {arn}: hosts would never join."


def _host_roles(template: Template) -> set[str]:
    return {
        role
        for _, profile in template.of_type("AWS::IAM::InstanceProfile")
        for role in template.named_by(profile["Roles"])
    }
