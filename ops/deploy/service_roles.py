"""Makes the roles by which AWS's services act for an account that has never used them.

AWS makes each of them on the first use of its service, but a stack that is that first use may
fail: "Unable to assume the service linked role" (aws-cloudformation/cloudformation-coverage-roadmap
#818). Batch and EC2 Spot would fail later, with the first cluster.
"""

from collections.abc import Iterator
from typing import Any

SERVICES = (
    "ecs.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "batch.amazonaws.com",
    "spot.amazonaws.com",
)
"""The services of the stack that act by a service-linked role."""


def ensure(iam: Any) -> list[str]:
    """Create the service-linked roles that the account lacks. Returns their services."""
    missing = list(_missing(iam))
    for service in missing:
        iam.create_service_linked_role(AWSServiceName=service)
    return missing


def _missing(iam: Any) -> Iterator[str]:
    for service in SERVICES:
        found = iam.list_roles(PathPrefix=f"/aws-service-role/{service}/")["Roles"]
        if not found:
            yield service
