"""What the API says of usage. Money is text in dollars, so that no program rounds it."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class Running(msgspec.Struct):
    """Something that runs now, and what it costs beyond the plan; a cluster is one thing.

    `workers` are those of a cluster that are charged; 0 of everything else.
    """

    run_id: str
    resource_id: str
    kind: str
    name: str
    size: str | None
    started_at: datetime
    spent_usd: str
    rate_usd_hour: str
    included: bool
    workers: int


class Notice(msgspec.Struct):
    """Something to know about money; `until` is when something changes by itself."""

    kind: str
    level: Literal["info", "warning", "error"]
    message: str
    until: datetime | None


class Billing(msgspec.Struct):
    """How an account stands this month (UTC).

    `spent_usd` is what was used beyond the plan, up to this second; `limit_percent` of `limit_usd`
    is spent. `rate_usd_hour` is what everything that runs costs an hour.
    """

    plan: str
    status: Literal["free", "active", "canceling", "past_due", "unpaid"]
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


class MeterUsage(msgspec.Struct):
    """What was used of one meter; `billable` is what the plan does not include."""

    meter: str
    name: str
    unit: str
    quantity: int
    included: int
    billable: int
    amount_usd: str


class DayUsage(msgspec.Struct):
    """What a day cost beyond the plan, in all and by meter."""

    date: str
    amount_usd: str
    meters: dict[str, str]


class ResourceUsage(msgspec.Struct):
    """What a notebook, a cluster or storage cost beyond the plan, and how long it was used."""

    resource_id: str
    kind: str
    name: str
    seconds: int
    amount_usd: str


class UsageCell(msgspec.Struct):
    """What one resource used of one meter in one day."""

    date: str
    resource_id: str
    meter: str
    quantity: int
    included: int
    amount_usd: str


class Usage(msgspec.Struct, rename={"start": "from", "end": "to"}):
    """What was used in a month, in several sums of the same cells."""

    month: str
    start: datetime
    end: datetime
    amount_usd: str
    meters: list[MeterUsage]
    days: list[DayUsage]
    resources: list[ResourceUsage]
    cells: list[UsageCell]
