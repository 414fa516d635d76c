"""What the API says of usage. Money is text in dollars, so that no program rounds it."""

from datetime import datetime

import msgspec

from chalicelib.plans.catalogue import Kind


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
    """What a notebook, a cluster or storage cost beyond the plan, and how long it was used.

    `account_id` used it, and `payer_id` is charged.
    """

    resource_id: str
    account_id: str
    payer_id: str
    kind: Kind
    name: str
    seconds: int
    amount_usd: str


class UsageCell(msgspec.Struct):
    """What one resource used of one meter in one day; `payer_id` is charged for it."""

    date: str
    resource_id: str
    payer_id: str
    meter: str
    quantity: int
    included: int
    amount_usd: str


class Usage(msgspec.Struct, rename={"start": "from", "end": "to"}):
    """What an account used or is charged for in a month, in several sums of the same cells.

    `amount_usd`, `meters` and `days` are of what this account is charged for; `resources` and
    `cells` also tell of what it used and another pays.
    """

    account_id: str
    month: str
    start: datetime
    end: datetime
    amount_usd: str
    meters: list[MeterUsage]
    days: list[DayUsage]
    resources: list[ResourceUsage]
    cells: list[UsageCell]
