"""What the API says of paying. Money is text in dollars, so that no program rounds it."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.billing.vocabulary import (
    Effective,
    InvoiceStatus,
    LineKind,
    NoticeKind,
    NoticeLevel,
    PaymentStatus,
)
from chalicelib.plans.catalogue import Kind


class Running(msgspec.Struct):
    """Something that runs now, and what it costs beyond the plan; a cluster is one thing.

    `workers` are those of a cluster that are charged; 0 of everything else.
    """

    use_id: str
    resource_id: str
    kind: Kind
    name: str
    size: str | None
    started_at: datetime
    spent_usd: str
    rate_usd_hour: str
    included: bool
    workers: int


class Notice(msgspec.Struct):
    """Something to know about money; `until` is when something changes by itself."""

    kind: NoticeKind
    level: NoticeLevel
    message: str
    until: datetime | None


class Billing(msgspec.Struct):
    """How an account stands this month (UTC).

    `spent_usd` is what was used beyond the plan, up to this second; `limit_percent` of `limit_usd`
    is spent. `rate_usd_hour` is what everything that runs costs an hour.
    """

    plan: str
    status: PaymentStatus
    renews_at: datetime | None
    ends_at: datetime | None
    month: str
    spent_usd: str
    limit_usd: str | None
    limit_percent: int
    rate_usd_hour: str
    running: list[Running]
    notices: list[Notice]
    version: int


class SetLimit(msgspec.Struct, forbid_unknown_fields=True):
    """The most to spend beyond the plan in a month, in dollars and cents; null is no limit."""

    limit_usd: Annotated[str, Meta(pattern=r"^[0-9]{1,6}(\.[0-9]{2})?$")] | None


class UsedNow(msgspec.Struct):
    """A notebook or a cluster that runs now, and what it costs beyond the plan."""

    id: str
    name: str
    kind: Kind
    usd_hour: str
    spent_usd: str


class UsageNow(msgspec.Struct):
    """What is spent this month (UTC), what everything that runs costs an hour, and what that is."""

    month: str
    spent_usd: str
    limit_usd: str | None
    usd_hour: str
    running: list[UsedNow]


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
    effective: Effective
    effective_at: datetime
    due_today_usd: str
    lines: list[ChangeLine]
    next_total_usd: str
    next_at: datetime
    proration_at: int


class InvoiceLine(msgspec.Struct):
    """A line of an invoice."""

    kind: LineKind
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
    status: InvoiceStatus
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
