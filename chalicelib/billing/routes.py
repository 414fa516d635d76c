"""Routes of billing."""

from chalicelib.billing import catalogue, schemas
from chalicelib.core.http import Api, Call

api = Api("billing")


@api.get("/plans", access="public", returns=schemas.Catalogue)
def list_plans(_call: Call) -> schemas.Catalogue:
    """List plans and sizes with their prices."""
    return schemas.Catalogue(
        plans=[_plan(plan) for plan in catalogue.PLANS.values()],
        sizes=[_size(size) for size in catalogue.SIZES.values()],
    )


def _plan(plan: catalogue.Plan) -> schemas.Plan:
    return schemas.Plan(
        id=plan.id,
        name=plan.name,
        price_usd_month=f"{plan.price_usd_month:.2f}",
        notebooks_at_once=plan.notebooks_at_once,
        included_size=plan.included_size,
        storage_gib=plan.storage_gib,
        summary=plan.summary,
    )


def _size(size: catalogue.Size) -> schemas.Size:
    return schemas.Size(
        id=size.id,
        name=size.name,
        vcpu=float(size.vcpu),
        memory_gib=size.memory_gib,
        gpu=size.gpu,
        price_usd_hour=f"{size.price_usd_hour:.4f}",
    )
