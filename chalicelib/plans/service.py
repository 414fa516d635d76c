"""What a plan admits."""

from decimal import Decimal

from chalicelib.core.errors import Conflict
from chalicelib.plans.catalogue import Kind, Plan, Units


def admit_size(plan: Plan, units: Units) -> Decimal:
    """What an hour of a notebook of this power costs beyond a plan, in dollars.

    Raises `Conflict` (`plan_size`) if the plan doesn't have it.
    """
    extra = plan.extra_usd_hour(units)
    if extra is None:
        raise Conflict(
            f"The plan {plan.name} doesn't have this size. Choose a smaller size, or another plan.",
            code="plan_size",
        )
    return extra


def admit_clusters(plan: Plan) -> None:
    """Raises `Conflict` (`plan_cluster`) if a plan has no clusters."""
    if not plan.has_usage:
        raise Conflict(
            f"The plan {plan.name} has no clusters. Choose another plan, on the page of plans.",
            code="plan_cluster",
        )


def allows(plan: Plan, kind: Kind, units: Units, place: int) -> bool:
    """Whether something that runs may go on; `place` counts the notebooks that began before it."""
    if kind is not Kind.NOTEBOOK:
        return plan.has_usage
    return place < plan.notebooks_at_once and plan.extra_usd_hour(units) is not None
