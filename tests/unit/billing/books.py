"""What the books of a payer's month must say, added up anew from what was recorded and told."""

from collections import Counter
from decimal import Decimal

from chalicelib.billing import payers
from chalicelib.billing.stripe_names import event_name
from chalicelib.core import calendar
from chalicelib.metering import hours
from chalicelib.metering.models import Entry, MeterHour, UsageMonth
from chalicelib.plans import catalogue
from tests.unit.billing.fake_stripe import FakeStripe


def books_agree(account_id: str, month: str, stripe: FakeStripe) -> None:
    """Ledger, balance, Stripe's sums and the invoice: equal to the last digit."""
    entries = list(Entry.query(f"{account_id}:{month}"))
    assert sum(entry.amount for entry in entries) == 0
    owed = sum((e.amount for e in entries if e.side == "receivable"), Decimal(0))
    assert UsageMonth.get(account_id, month).amount == owed
    assert _invoice_of(account_id, month, stripe) == owed
    told: Counter[tuple[str, int]] = Counter()
    for row in _hours_of(account_id, month):
        assert row.state in ("accepted", "nothing"), (row.slot, row.state, row.outcome)
        told[row.meter, row.hour] += row.quantity
    for (meter, hour), quantity in told.items():
        name = event_name(catalogue.METERS[meter])
        assert stripe.usage_of_hour(f"cus_{account_id}", name, hour) == quantity


def _invoice_of(account_id: str, month: str, stripe: FakeStripe) -> Decimal:
    start, end = calendar.month_start(month), calendar.month_end(month)
    customer_id = payers.read(account_id).customer_id or ""
    return sum(
        (
            sum(stripe.usage_by_hour(customer_id, event_name(meter), start, end).values())
            * meter.price_usd
            for meter in catalogue.METERS.values()
        ),
        Decimal(0),
    )


def _hours_of(account_id: str, month: str) -> list[MeterHour]:
    return [row for meter in catalogue.METERS for row in hours.of_month(account_id, meter, month)]
