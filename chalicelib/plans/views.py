"""The catalogue, as the API tells it."""

from chalicelib.core.money import cents
from chalicelib.plans import schemas
from chalicelib.plans.catalogue import PLANS, Meter, Plan, Size


def plan_of(plan: Plan) -> schemas.Plan:
    """A plan, as the API tells it."""
    return schemas.Plan(
        id=plan.id,
        name=plan.name,
        price_usd_month=cents(plan.price_usd_month),
        notebooks_at_once=plan.notebooks_at_once,
        included_size=plan.included_size,
        storage_gib=plan.storage_gib,
        most_storage_gib=plan.most_storage_gib,
        has_usage=plan.has_usage,
        default_limit_usd=None if plan.default_limit_usd is None else cents(plan.default_limit_usd),
        cluster_vcpus_at_once=plan.cluster_vcpus_at_once,
        summary=plan.summary,
    )


def size_of(size: Size) -> schemas.Size:
    """A size, as the API tells it."""
    return schemas.Size(
        id=size.id,
        name=size.name,
        vcpu=float(size.vcpu),
        memory_gib=size.memory_gib,
        gpu=size.gpu,
        price_usd_hour=f"{size.price_usd_hour:.4f}",
        extra_usd_hour={plan.id: _extra(plan, size) for plan in PLANS.values()},
    )


def _extra(plan: Plan, size: Size) -> str | None:
    extra = plan.extra_usd_hour(size.units)
    return None if extra is None else f"{extra:.4f}"


def meter_of(meter: Meter) -> schemas.Meter:
    """A meter, as the API tells it."""
    return schemas.Meter(
        id=meter.id,
        name=meter.name,
        unit=meter.unit,
        price_usd=f"{meter.price_usd:f}",
        example=meter.example,
    )
