"""The catalogue, as the API tells it."""

from chalicelib.core.money import cents, rate
from chalicelib.core.views import view
from chalicelib.plans import schemas
from chalicelib.plans.catalogue import PLANS, Meter, Plan, Size


def plan_of(plan: Plan) -> schemas.Plan:
    """A plan, as the API tells it."""
    limit = plan.default_limit_usd
    return view(
        schemas.Plan,
        plan,
        price_usd_month=cents(plan.price_usd_month),
        default_limit_usd=None if limit is None else cents(limit),
    )


def size_of(size: Size) -> schemas.Size:
    """A size, as the API tells it."""
    return view(
        schemas.Size,
        size,
        vcpu=float(size.vcpu),
        price_usd_hour=rate(size.price_usd_hour),
        extra_usd_hour={plan.id: _extra(plan, size) for plan in PLANS.values()},
    )


def _extra(plan: Plan, size: Size) -> str | None:
    extra = plan.extra_usd_hour(size.units)
    return None if extra is None else rate(extra)


def meter_of(meter: Meter) -> schemas.Meter:
    """A meter, as the API tells it."""
    return view(schemas.Meter, meter, price_usd=f"{meter.price_usd:f}")
