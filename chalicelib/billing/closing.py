"""Closing a month: nothing more is billed to it, and Stripe may finalise its invoice.

Stripe drafts the invoice at the period's end and finalises it an hour later. By then every hour of
the month must have arrived there, and be in its sums. Where one has not, the finalisation is put
off, for up to three days, which is as long as Stripe allows (API reference,
"automatically_finalizes_at").
"""

from chalicelib.billing import calendar, ledger, limits, outbox, runs, stored, stripe_gateway
from chalicelib.billing.catalogue import METERS
from chalicelib.billing.models import MeterHour, UsageMonth
from chalicelib.billing.outbox import HourState
from chalicelib.core import clock, db
from chalicelib.core.observability import log
from chalicelib.core.sweeps import each

PUT_OFF_SECONDS = 2 * calendar.HOUR
"""How far ahead an invoice's finalisation is kept while its month isn't complete."""
MOST_PUT_OFF_SECONDS = 72 * calendar.HOUR
_UNDER_WAY = (HourState.OPEN, HourState.SEALED)


def close_months() -> None:
    """Sweep: close every month that is over and complete; put off the invoices of the others."""
    this_month = calendar.month_of(clock.seconds())
    over = UsageMonth.open.query(ledger.OPEN_MONTHS, UsageMonth.month < this_month)
    each("a month was not closed", over, lambda found: close(found.account_id, found.month))


def close(account_id: str, month: str) -> bool:
    """Close an account's month if all of it is recorded and has arrived. False if it has not."""
    row = UsageMonth.get(account_id, month, consistent_read=True)
    if row.closed_at is not None:
        return True
    if _is_complete(account_id, month):
        return _close(row)
    _put_off_invoice(account_id, month)
    return False


def _is_complete(account_id: str, month: str) -> bool:
    """Whether a month's use is all in segments, was all sent, and was all counted by Stripe."""
    if not _is_recorded_until(account_id, calendar.month_end(month)):
        return False
    told = {meter: outbox.of_month(account_id, meter, month) for meter in METERS}
    if any(row.state in _UNDER_WAY for rows in told.values() for row in rows):
        return False
    return all(_is_counted(account_id, month, rows) for rows in told.values() if rows)


def _is_counted(account_id: str, month: str, rows: list[MeterHour]) -> bool:
    """Whether Stripe's sum of a meter is what it accepted: it may accept and still not count."""
    accepted = sum(row.quantity for row in rows if row.state == HourState.ACCEPTED)
    customer_id = limits.read(account_id).customer_id
    if customer_id is None:
        return accepted == 0
    span = calendar.month_start(month), calendar.month_end(month)
    name = METERS[rows[0].meter].event_name
    return sum(stripe_gateway.usage_by_hour(customer_id, name, *span).values()) == accepted


def _is_recorded_until(account_id: str, end: int) -> bool:
    """Whether everything that an account used before a second is in segments."""
    storage = stored.run_of(account_id)
    open_runs = [*runs.open_of_account(account_id), *([storage] if storage else [])]
    return all(run.metered_until >= end or run.started_at >= end for run in open_runs)


def _close(row: UsageMonth) -> bool:
    """Close the month, unless something was billed to it since it was read."""
    return db.update_if(
        row,
        UsageMonth.closed_at.does_not_exist() & (UsageMonth.amount == row.amount),
        [UsageMonth.closed_at.set(clock.seconds()), UsageMonth.open_shard.remove()],
    )


def _put_off_invoice(account_id: str, month: str) -> None:
    account, end = limits.read(account_id), calendar.month_end(month)
    if account.customer_id is None or account.subscription_id is None:
        return
    now = clock.seconds()
    if now > end + MOST_PUT_OFF_SECONDS:
        log.error("a month is not complete after three days", account_id=account_id, month=month)
        return
    at = min(now + PUT_OFF_SECONDS, end + MOST_PUT_OFF_SECONDS)
    stripe_gateway.put_off_invoice(account.customer_id, end, at)
