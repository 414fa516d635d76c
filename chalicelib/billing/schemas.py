"""What the API says of prices. Money is text in dollars, so that no program rounds it."""

from datetime import datetime
from typing import Literal

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


class Checkout(msgspec.Struct, forbid_unknown_fields=True):
    """A plan to subscribe to."""

    plan: str


class Link(msgspec.Struct):
    """Where to go on: a page of the payment provider's."""

    url: str


class ChangePlan(msgspec.Struct, forbid_unknown_fields=True):
    """A plan to change to, at the price that was shown for `proration_at`."""

    plan: str
    proration_at: int | None = None


class ChangeLine(msgspec.Struct):
    """A part of what a change costs."""

    description: str
    amount_usd: str


class PlanChange(msgspec.Struct):
    """What a change of plan would cost. Negative amounts are credit."""

    plan: str
    effective: Literal["now", "period_end"]
    effective_at: datetime
    due_today_usd: str
    lines: list[ChangeLine]
    next_total_usd: str
    next_at: datetime
    proration_at: int


class InvoiceLine(msgspec.Struct):
    """A line of an invoice."""

    kind: Literal["plan", "usage", "credit", "other"]
    meter: str | None
    description: str
    quantity: int | None
    amount_usd: str


class Upcoming(msgspec.Struct):
    """The next invoice so far; `unsent_usd` will be added to it."""

    lines: list[InvoiceLine]
    total_usd: str
    invoice_at: datetime
    unsent_usd: str


class Invoice(msgspec.Struct):
    """An invoice."""

    id: str
    number: str | None
    status: str
    total_usd: str
    created_at: datetime
    period_start: datetime
    period_end: datetime
    hosted_url: str | None
    pdf_url: str | None


class InvoicePage(msgspec.Struct):
    """A page of invoices."""

    items: list[Invoice]
    next_cursor: str | None


class UsedNow(msgspec.Struct):
    """A notebook or a cluster that runs now, and what it costs beyond the plan."""

    id: str
    name: str
    kind: Literal["notebook", "cluster"]
    usd_hour: str
    spent_usd: str


class UsageNow(msgspec.Struct):
    """What is spent this month (UTC), what everything that runs costs an hour, and what that is."""

    month: str
    spent_usd: str
    limit_usd: str | None
    usd_hour: str
    running: list[UsedNow]
