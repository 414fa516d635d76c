"""What the API says of prices. Money is text in dollars, so that no program rounds it."""

import msgspec


class Plan(msgspec.Struct):
    """A flat monthly price."""

    id: str
    name: str
    price_usd_month: str
    notebooks_at_once: int
    included_size: str
    storage_gib: int
    summary: str


class Size(msgspec.Struct):
    """Computing power of a notebook, and its price an hour."""

    id: str
    name: str
    vcpu: float
    memory_gib: int
    gpu: int
    price_usd_hour: str


class Catalogue(msgspec.Struct):
    """Everything that can be had."""

    plans: list[Plan]
    sizes: list[Size]
