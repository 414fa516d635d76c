"""Plans and sizes: what can be had, and for how much. The one place where a price stands."""

from dataclasses import dataclass
from decimal import Decimal

from chalicelib.core.errors import Invalid

GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Size:
    """How much computing power a notebook has.

    `vcpu` and `memory_gib` are a pair that Fargate offers (Amazon ECS developer guide, "Task CPU
    and memory"). `price_usd_hour` is what an hour costs beyond the plan.
    """

    id: str
    name: str
    vcpu: Decimal
    memory_gib: int
    gpu: int
    price_usd_hour: Decimal

    @property
    def cpu_units(self) -> str:
        """Fargate's CPU units: 1024 a vCPU."""
        return str(int(self.vcpu * 1024))

    @property
    def memory_mib(self) -> str:
        """Fargate's memory, in MiB."""
        return str(self.memory_gib * 1024)


@dataclass(frozen=True, slots=True)
class Plan:
    """A flat monthly price: how many notebooks may run at once, and the storage included."""

    id: str
    name: str
    price_usd_month: Decimal
    notebooks_at_once: int
    included_size: str
    storage_gib: int
    summary: str


SIZES = {
    size.id: size
    for size in (
        Size("small", "Small", Decimal(1), 4, 0, Decimal("0.08")),
        Size("medium", "Medium", Decimal(2), 8, 0, Decimal("0.16")),
        Size("large", "Large", Decimal(4), 16, 0, Decimal("0.32")),
        Size("extra", "Extra large", Decimal(8), 32, 0, Decimal("0.64")),
    )
}

PLANS = {
    plan.id: plan
    for plan in (
        Plan(
            "free", "Free", Decimal(0), 1, "small", 5,
            "One notebook at a time, to see whether this is for you.",
        ),
        Plan(
            "researcher", "Researcher", Decimal(29), 3, "small", 50,
            "Three notebooks at a time, that run on overnight.",
        ),
        Plan(
            "lab", "Lab", Decimal(99), 10, "medium", 250,
            "Ten notebooks at a time, for simulations that run side by side.",
        ),
    )
}  # fmt: skip


def size(size_id: str) -> Size:
    """The size of this id. Raises `Invalid` listing those that exist."""
    if size_id not in SIZES:
        raise Invalid(
            f"There is no size “{size_id[:40]}”. Choose one of: {', '.join(SIZES)}.", field="size"
        )
    return SIZES[size_id]


def plan(plan_id: str) -> Plan:
    """The plan of this id; an account on a plan that is no longer offered has the free one."""
    return PLANS.get(plan_id, PLANS["free"])
