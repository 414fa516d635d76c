"""Plans, sizes and meters: what can be had, and for how much. The one place where a price stands.

The web pages show it (`GET /api/plans`), the ledger prices by it, and whoever collects the money
sells from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.core.errors import Invalid
from chalicelib.core.vocabulary import Vocabulary

GIB = 1024**3
MIB = 1024**2
MIB_IN_GIB = 1024
HOUR = 3600
"""Seconds of an hour."""
HOURS_OF_MONTH = 730
"""Hours of a month, on average."""

NOTHING = Decimal(0)
"""No dollars at all: where sums begin."""

Units = Mapping[str, int]
"""How many units of each meter something uses at a time, by the meter's id. A small notebook:
`{"vcpu_seconds": 1, "memory_gib_seconds": 4}`."""


class Kind(Vocabulary):
    """What is used."""

    NOTEBOOK = "notebook"
    CLUSTER = "cluster"
    STORAGE = "storage"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Rate:
    """What a count of one costs in dollars, and how many seconds of one unit make it."""

    price_usd: Decimal
    per: int

    def count(self, units: int, seconds: int) -> int:
        """What this many units use in this time. Raises `ValueError` unless it is whole."""
        count, rest = divmod(units * seconds, self.per)
        if rest:
            raise ValueError(f"{units} for {seconds} s is no whole number of {self.per} s")
        return count

    def usd_second(self, units: int) -> Decimal:
        """What a second of this many units costs, in dollars."""
        return self.price_usd * units / self.per


@dataclass(frozen=True, slots=True)
class Meter:
    """Something that is counted, and what one of it costs.

    `per` is how many seconds of one unit make a count of one: 1 for a meter that counts
    vCPU-seconds, 3600 for one that counts MiB-hours. `example_count` of them are a quantity that
    people have an idea of, which is `example_words`.
    """

    id: str
    name: str
    unit: str
    per: int
    price_usd: Decimal
    example_count: int
    example_words: str

    @property
    def example(self) -> str:
        """What it costs, in what people can imagine: `$0.0504 per vCPU and hour`."""
        amount = f"{self.price_usd * self.example_count:.5f}".rstrip("0")
        return f"${amount} per {self.example_words}"

    @property
    def rate(self) -> Rate:
        """At what it is charged now."""
        return Rate(self.price_usd, self.per)

    def price_of_hour(self, units: int) -> Decimal:
        """What an hour of this many units costs, in dollars."""
        return self.price_usd * units * HOUR / self.per


METERS = {
    meter.id: meter
    for meter in (
        Meter(
            "vcpu_seconds", "Processor", "vCPU-seconds", 1, Decimal("0.000014"),
            HOUR, "vCPU and hour",
        ),
        Meter(
            "memory_gib_seconds", "Memory", "GiB-seconds", 1, Decimal("0.000002"),
            HOUR, "GiB and hour",
        ),
        Meter(
            "spot_vcpu_seconds", "Processor, spot", "vCPU-seconds", 1, Decimal("0.0000056"),
            HOUR, "vCPU and hour",
        ),
        Meter(
            "spot_memory_gib_seconds", "Memory, spot", "GiB-seconds", 1, Decimal("0.0000008"),
            HOUR, "GiB and hour",
        ),
        Meter(
            "gpu_seconds", "Graphics processor", "GPU-seconds", 1, Decimal("0.0004"),
            HOUR, "GPU and hour",
        ),
        Meter(
            "storage_mib_hours", "Storage", "MiB-hours", HOUR, Decimal("0.00000015"),
            MIB_IN_GIB * HOURS_OF_MONTH, "GiB and month",
        ),
    )
}  # fmt: skip
STORAGE = "storage_mib_hours"
"""The meter of stored bytes; the others count what runs."""
TIMED = frozenset({"vcpu_seconds", "spot_vcpu_seconds", STORAGE})
"""The meters that tell for how long something is used: at any time it is counted by one of them."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much computing power a notebook has.

    `vcpu` and `memory_gib` are a pair that Fargate offers (Amazon ECS developer guide, "Task CPU
    and memory").
    """

    id: str
    name: str
    vcpu: int
    memory_gib: int
    gpu: int = 0

    @property
    def units(self) -> Units:
        """What it uses at a time, by meter."""
        return units(vcpu=self.vcpu, memory_gib=self.memory_gib, gpu=self.gpu)

    @property
    def price_usd_hour(self) -> Decimal:
        """What an hour costs where no plan includes any of it."""
        return price_of_hour(self.units)

    @property
    def cpu_units(self) -> str:
        """Fargate's CPU units: 1024 a vCPU."""
        return str(self.vcpu * 1024)

    @property
    def memory_mib(self) -> str:
        """Fargate's memory, in MiB."""
        return str(self.memory_gib * MIB_IN_GIB)


SIZES = {
    size.id: size
    for size in (
        Size("small", "Small", 1, 4),
        Size("medium", "Medium", 2, 8),
        Size("large", "Large", 4, 16),
        Size("extra", "Extra large", 8, 32),
    )
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A flat monthly price: how many notebooks may run at once, and what that includes.

    A notebook's power up to `included_size` is in the price, and so are `storage_gib`. What goes
    beyond is charged by the meters, up to `most_storage_gib`, on plans that have them.
    `default_limit_usd` is how much of that a month is allowed unless the account says otherwise.
    `cluster_vcpus_at_once` bounds the processors of all clusters together; no plan includes any.
    """

    id: str
    name: str
    price_usd_month: Decimal
    notebooks_at_once: int
    included_size: str
    storage_gib: int
    most_storage_gib: int
    default_limit_usd: Decimal | None
    cluster_vcpus_at_once: int
    summary: str

    @property
    def has_usage(self) -> bool:
        """Whether more can be had than the plan includes: whether there is somebody to charge."""
        return self.price_usd_month > 0

    @property
    def included(self) -> Units:
        """What is in the price at a time: for each notebook, and of storage."""
        return {**SIZES[self.included_size].units, STORAGE: self.storage_gib * MIB_IN_GIB}

    def included_of(self, used: Units) -> Units:
        """The part of `used` that is in the price."""
        included = self.included
        return {meter: min(count, included.get(meter, 0)) for meter, count in used.items()}

    def covered_of(self, kind: Kind, used: Units) -> Units:
        """The part of `used` by something of a kind that nobody is charged for.

        A plan includes power for notebooks, and storage, none for clusters. Where there is nobody
        to charge (the free plan), everything is; that it is no more than the plan admits is seen
        to elsewhere.
        """
        if not self.has_usage:
            return used
        return {} if kind is Kind.CLUSTER else self.included_of(used)

    def extra_usd_hour(self, used: Units) -> Decimal | None:
        """What an hour of `used` costs beyond the plan; None if the plan can't have it."""
        included = self.included_of(used)
        price = price_of_hour({meter: used[meter] - included[meter] for meter in used})
        return price if self.has_usage or not price else None


PLANS = {
    plan.id: plan
    for plan in (
        Plan(
            "free", "Free", Decimal(0), 1, "small", 5, 5, None, 0,
            "One notebook at a time, to see whether this is for you.",
        ),
        Plan(
            "researcher", "Researcher", Decimal(29), 3, "small", 50, 1000, Decimal(50), 64,
            "Three notebooks at a time, that run on overnight.",
        ),
        Plan(
            "lab", "Lab", Decimal(99), 10, "medium", 250, 5000, Decimal(200), 256,
            "Ten notebooks at a time, for simulations that run side by side.",
        ),
    )
}  # fmt: skip
FREE = "free"
"""The plan of an account that has not chosen one."""


def units(*, vcpu: int = 0, memory_gib: int = 0, gpu: int = 0, spot: bool = False) -> Units:
    """What a machine of this power uses at a time, by meter; a `spot` one is cheaper."""
    kind = "spot_" if spot else ""
    used = {
        f"{kind}vcpu_seconds": vcpu,
        f"{kind}memory_gib_seconds": memory_gib,
        "gpu_seconds": gpu,
    }
    return {meter: count for meter, count in used.items() if count}


def price_of_hour(used: Units) -> Decimal:
    """What an hour of `used` costs, in dollars."""
    return sum((METERS[meter].price_of_hour(count) for meter, count in used.items()), Decimal(0))


def rates_of(used: Units) -> dict[str, Rate]:
    """At what `used` is charged now, by meter."""
    return {meter: METERS[meter].rate for meter in used}


def size(size_id: str) -> Size:
    """The size of this id. Raises `Invalid` listing those that exist."""
    if size_id not in SIZES:
        raise Invalid(
            f"There is no size “{size_id[:40]}”. Choose one of: {', '.join(SIZES)}.", field="size"
        )
    return SIZES[size_id]


def plan(plan_id: str) -> Plan:
    """The plan of this id; an account on a plan that is no longer offered has the free one."""
    return PLANS.get(plan_id, PLANS[FREE])
