"""What a function may do, by names of grants, to call metering's service."""

BEGIN_USES = ("get accounts", "put uses")
"""Begin to meter something: by the plan of its payer."""

RECORD_USES = (
    "get uses",
    "query usage_segments",
    "query meter_hours",
    "put usage_segments",
    "put ledger_entries",
    "update uses",
    "update usage_days",
    "update usage_months",
    "update meter_hours",
)
"""Record what was used, to its end, in everything that adds it up."""

FIND_OPEN_USES = ("query uses.open",)
"""Go through all that is used now."""

SPENT = ("query usage_days", "query uses.open_by_account")
"""Add up what was spent."""

AUDIT = (
    "batch-get, get, query, scan usage_months",
    "batch-get, get, query, scan meter_hours",
    "batch-get, get, query, scan ledger_entries",
    "batch-get, get, query, scan uses",
    "batch-get, get, query, scan usage_segments",
    "query usage_segments.by_account",
    "query usage_segments.by_payer",
)
"""Read everything that adds up a month."""

SERVE = (
    "batch-get, get, query uses",
    "batch-get, get, query usage_days",
    "batch-get, get, query usage_months",
    "batch-get, get, query meter_hours",
    "query uses.open_by_account",
    "query uses.open_by_payer",
    "query usage_segments.by_account",
    "query usage_segments.by_payer",
)
"""Routes of what was used."""
