"""Routes of plans."""

from chalicelib.core.http import Api, Call
from chalicelib.plans import catalogue, schemas, views

api = Api("plans")


@api.get("/plans", access="public", returns=schemas.Catalogue)
def list_plans(_call: Call) -> schemas.Catalogue:
    """List plans and sizes with their prices."""
    return schemas.Catalogue(
        plans=[views.plan_of(plan) for plan in catalogue.PLANS.values()],
        sizes=[views.size_of(size) for size in catalogue.SIZES.values()],
        meters=[views.meter_of(meter) for meter in catalogue.METERS.values()],
    )
