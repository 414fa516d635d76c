"""What a function may do, by names of grants, to call billing's service."""

from chalicelib.metering import rights as metering

CREDIT_USES = ("get, update billing_accounts",)
"""Charge nothing for what failed, within a day's limit."""

FOLLOW_USES = (*metering.BEGIN_USES, *metering.RECORD_USES, *CREDIT_USES)
"""Everything that the life of a use needs."""

METER_ALL = (
    *metering.FIND_OPEN_USES,
    "batch-get accounts",
    "batch-get billing_accounts",
    "batch-get usage_months",
)
"""Go through all that is used, with the plans and limits of those who use it."""

AUDIT = (
    *metering.AUDIT,
    "batch-get, get, query, scan billing_accounts",
    "update meter_hours",
    "speak with Stripe",
)
"""Hold the records of a month together, and send again what Stripe lost."""

SERVE = (
    *metering.SERVE,
    "keep billing_accounts",
    "query billing_accounts.by_customer",
    "keep claims",
    "update meter_hours",
    "speak with Stripe",
)
"""Routes of plans, payments and limits. Stripe's own word settles hours that it refused."""
