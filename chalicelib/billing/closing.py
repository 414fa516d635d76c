"""Closing a month: nothing more is billed to it, and Stripe may finalise its invoice.

Stripe drafts the invoice at the period's end and finalises it an hour later. By then every hour of
the month must have arrived there, and be in its sums. Where one has not, the finalisation is put
off, for up to three days, which is as long as Stripe allows (API reference,
"automatically_finalizes_at").
"""

from chalicelib.billing import payers, stripe_gateway
from chalicelib.billing.stripe_names import event_name
from chalicelib.core import calendar, clock
from chalicelib.core.observability import log
from chalicelib.core.sweeps import Sweep
from chalicelib.metering import hours, months, uses
from chalicelib.metering.hours import HourState
from chalicelib.metering.service import MeterHour
from chalicelib.plans.catalogue import METERS

_SWEEP = Sweep("close_months", seconds=240)

PUT_OFF_SECONDS = 2 * calendar.HOUR
"""How far ahead an invoice's finalisation is kept while its month isn't complete."""
MOST_PUT_OFF_SECONDS = 72 * calendar.HOUR


def close_months() -> None:
    """Sweep: close every month that is over and complete; put off the invoices of the others."""
    this_month = calendar.month_of(clock.seconds())
    over = months.unclosed_before(this_month)
    _SWEEP.over(
        over,
        "a month was not closed",
        lambda found: close(found.payer_id, found.month),
        account_of=lambda found: found.payer_id,
    )


def close(payer_id: str, month: str) -> bool:
    """Close a payer's month if all of it is recorded and has arrived. False if it has not."""
    row = months.read(payer_id, month)
    if row.closed_at is not None:
        return True
    if _is_complete(payer_id, month):
        return months.close(row)
    _put_off_invoice(payer_id, month)
    return False


def _is_complete(payer_id: str, month: str) -> bool:
    """Whether a month's use is all in segments, was all sent, and was all counted by Stripe."""
    if not uses.are_recorded_until(payer_id, calendar.month_end(month)):
        return False
    told = {meter: hours.of_month(payer_id, meter, month) for meter in METERS}
    if any(row.state in hours.UNDER_WAY for rows in told.values() for row in rows):
        return False
    return all(_is_counted(payer_id, month, rows) for rows in told.values() if rows)


def _is_counted(payer_id: str, month: str, rows: list[MeterHour]) -> bool:
    """Whether Stripe's sum of a meter is what it accepted: it may accept and still not count."""
    accepted = sum(row.quantity for row in rows if row.state == HourState.ACCEPTED)
    customer_id = payers.read(payer_id).customer_id
    if customer_id is None:
        return accepted == 0
    span = calendar.month_start(month), calendar.month_end(month)
    name = event_name(METERS[rows[0].meter])
    return sum(stripe_gateway.usage_by_hour(customer_id, name, *span).values()) == accepted


def _put_off_invoice(payer_id: str, month: str) -> None:
    account, end = payers.read(payer_id), calendar.month_end(month)
    if account.customer_id is None or account.subscription_id is None:
        return
    now = clock.seconds()
    if now > end + MOST_PUT_OFF_SECONDS:
        log.error("a month is not complete after three days", account_id=payer_id, month=month)
        return
    at = min(now + PUT_OFF_SECONDS, end + MOST_PUT_OFF_SECONDS)
    stripe_gateway.put_off_invoice(account.customer_id, end, at)
