"""Does everything agree: what was recorded, Stripe's sums, invoice lines?

    uses ─ segments ─ ledger entries ─ hours ─ Stripe's sums ─ invoice lines

The first links are metering's (`metering/audit.py`), the others are looked at here. Beside the
chain, a subscription must have a price for whatever is used in the present month. What differs is a
finding; whoever runs this says it loudly. An hour whose sum at Stripe lacks a message that was sent
a day ago is sent anew (`sums.settle`); nothing else is changed.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from chalicelib.billing import payers, stripe_gateway, stripe_subscriptions, sums
from chalicelib.billing.stripe_names import event_name
from chalicelib.core import calendar, clock
from chalicelib.metering import audit
from chalicelib.metering.audit import Books, Finding, Total
from chalicelib.metering.hours import HourState
from chalicelib.metering.service import MeterHour
from chalicelib.plans.catalogue import METERS

_SETTLED_AFTER = calendar.HOUR
"""Seconds after a message was accepted from which Stripe's sums must have it."""


@dataclass(frozen=True, slots=True)
class Report:
    """An account's month: the sum of every record along the chain, and what does not agree."""

    account_id: str
    month: str
    totals: list[Total]
    findings: list[Finding]


def account(account_id: str, month: str) -> Report:
    """Hold an account's month together."""
    books = Books(account_id, month)
    told = _Told(books)
    findings = [*audit.findings(books), *(found for link in _LINKS for found in link(books, told))]
    totals = [
        *audit.totals(books),
        Total("Stripe's sums", None, audit.by_meter(told.summed)),
        Total("invoice", None, {m: count for m, count in (told.invoiced or {}).items() if count}),
    ]
    return Report(account_id, month, totals, findings)


class _Told:
    """What Stripe says of an account's month, each asked for once, when it is needed."""

    def __init__(self, books: Books) -> None:
        self._books = books
        payer = payers.read(books.payer_id)
        self.customer_id, self.subscription_id = payer.customer_id, payer.subscription_id

    @cached_property
    def summed(self) -> dict[tuple[str, int], int]:
        """Stripe's sums, by meter and hour."""
        if self.customer_id is None:
            return {}
        return {
            (meter.id, hour): total
            for meter in METERS.values()
            for hour, total in stripe_gateway.usage_by_hour(
                self.customer_id, event_name(meter), self._books.start, self._books.end
            ).items()
        }

    @cached_property
    def invoiced(self) -> dict[str, int] | None:
        """What the month's invoice charges, by meter; None while there is none."""
        if self.customer_id is None:
            return None
        return stripe_gateway.invoiced_quantities(self.customer_id, self._books.end)


def _hours_and_sums(books: Books, told: _Told) -> Iterator[Finding]:
    """What Stripe accepted is in its sums, and nothing else is."""
    accepted: Counter[tuple[str, int]] = Counter()
    fresh: set[tuple[str, int]] = set()
    for row in books.hours:
        if row.state == HourState.REJECTED:
            yield Finding("hours ─ Stripe's sums", f"{row.meter} {row.slot}", f"{row.outcome}")
        if row.state == HourState.ACCEPTED:
            accepted[row.meter, row.hour] += row.quantity
        if _may_not_count_yet(row):
            fresh.add((row.meter, row.hour))
    for meter, hour in sorted((accepted.keys() | told.summed.keys()) - fresh):
        taken, summed = accepted[meter, hour], told.summed.get((meter, hour), 0)
        if taken != summed:
            name = f"{meter} {calendar.hour_name(hour)}"
            yield Finding("hours ─ Stripe's sums", name, f"hours {taken}, Stripe {summed}")
            sums.settle(books.payer_id, meter, hour)


def _may_not_count_yet(row: MeterHour) -> bool:
    if row.state == HourState.SEALED:
        return True
    return clock.seconds() - (row.settled_at or 0) < _SETTLED_AFTER


def _hours_and_subscription(books: Books, told: _Told) -> Iterator[Finding]:
    """What Stripe is told of will be on the invoice, which has what the subscription has."""
    if told.subscription_id is None or clock.seconds() >= books.end:
        return
    sold = stripe_subscriptions.meters_of(told.subscription_id)
    for meter in sorted(audit.by_meter(books.billed).keys() - sold):
        message = "it is used, but the subscription has no price for it: run ops.stripe_setup"
        yield Finding("hours ─ subscription", f"{meter} {books.month}", message)


def _sums_and_invoice(books: Books, told: _Told) -> Iterator[Finding]:
    if told.invoiced is None:
        return
    summed = audit.by_meter(told.summed)
    for meter in METERS:
        charged, counted = told.invoiced.get(meter, 0), summed.get(meter, 0)
        if charged != counted:
            message = f"Stripe's sums {counted}, the invoice {charged}"
            yield Finding("Stripe's sums ─ invoice", f"{meter} {books.month}", message)


_LINKS: tuple[Callable[[Books, _Told], Iterator[Finding]], ...] = (
    _hours_and_sums,
    _hours_and_subscription,
    _sums_and_invoice,
)
