"""What the API says of prices. Money is text in dollars, so that no program rounds it."""

import msgspec


class Plan(msgspec.Struct):
    """A flat monthly price. Without usage, nothing beyond what it includes can be had."""

    id: str
    name: str
    price_usd_month: str
    notebooks_at_once: int
    included_size: str
    storage_gib: int
    most_storage_gib: int
    has_usage: bool
    default_limit_usd: str | None
    cluster_vcpus_at_once: int
    summary: str


class Size(msgspec.Struct):
    """Computing power of a notebook, and its price an hour.

    `extra_usd_hour` is what an hour costs beyond each plan; null if the plan can't have the size.
    """

    id: str
    name: str
    vcpu: float
    memory_gib: int
    gpu: int
    price_usd_hour: str
    extra_usd_hour: dict[str, str | None]


class Meter(msgspec.Struct):
    """Something that is counted, and what one of it costs."""

    id: str
    name: str
    unit: str
    price_usd: str
    example: str


class Catalogue(msgspec.Struct):
    """Everything that can be had."""

    plans: list[Plan]
    sizes: list[Size]
    meters: list[Meter]
