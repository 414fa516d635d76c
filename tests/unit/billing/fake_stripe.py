"""Stripe's meters, with faults that a test chooses: what is said to have happened, and what did.

The stand-in (`localcloud/stripe`) is the real test of our requests; this one is for histories by
the thousand. It keeps Stripe's rules: an identifier counts once in 24 hours, events are at most 35
days old, and sums are by the hour of the event's own time.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from chalicelib.billing import stripe_gateway
from chalicelib.billing.stripe_gateway import Delivery
from chalicelib.billing.stripe_names import event_name
from chalicelib.core import calendar
from chalicelib.plans.catalogue import METERS

DAY = calendar.DAY
FAULTS = ("drop_after_commit", "fail_before", "too_many", "lost_later")


class FakeStripe:
    """Meter events and their sums."""

    def __init__(self, seconds: Callable[[], int]) -> None:
        self._seconds = seconds
        self._known: dict[str, int] = {}
        self.summed: Counter[tuple[str, str, int]] = Counter()
        self.faults: list[str] = []
        self.put_off: list[tuple[str, int, int]] = []

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put this in the adapter's place."""
        for name in (
            "report_usage", "usage_by_hour", "usage_of_hour", "put_off_invoice",
            "invoiced_quantities",
        ):  # fmt: skip
            patch.setattr(stripe_gateway, name, getattr(self, name))

    def report_usage(self, event: Mapping[str, Any]) -> Delivery:
        """As POST /v1/billing/meter_events, through the adapter."""
        fault = self.faults.pop() if self.faults else None
        if fault == "fail_before":
            return Delivery(has_arrived=False, is_unknown=True, message="500")
        if fault == "too_many":
            return Delivery(has_arrived=False, is_unknown=True, message="429")
        delivery = self._take(event, counts=fault != "lost_later")
        if fault == "drop_after_commit":
            return Delivery(has_arrived=False, is_unknown=True, message="no answer")
        return delivery

    def _take(self, event: Mapping[str, Any], *, counts: bool) -> Delivery:
        now, at = self._seconds(), int(event["timestamp"])
        if not now - 35 * DAY <= at <= now + 300:
            return Delivery(has_arrived=False, is_unknown=False, message="timestamp")
        identifier = str(event["identifier"])
        if now - self._known.get(identifier, now - 2 * DAY) < DAY:
            return Delivery(has_arrived=True, is_unknown=False, message="duplicate")
        self._known[identifier] = now
        payload = event["payload"]
        key = (payload["stripe_customer_id"], event["event_name"], calendar.hour_of(at))
        if counts:
            self.summed[key] += int(payload["value"])
        return Delivery(has_arrived=True, is_unknown=False, message="accepted")

    def usage_by_hour(
        self, customer_id: str, event_name: str, start: int, end: int
    ) -> dict[int, int]:
        """As the summaries of a meter, by hour."""
        return {
            hour: total
            for (customer, event, hour), total in self.summed.items()
            if (customer, event) == (customer_id, event_name) and start <= hour < end and total
        }

    def usage_of_hour(self, customer_id: str, event_name: str, hour: int) -> int:
        """As the summary of one hour."""
        return self.summed[customer_id, event_name, hour]

    def put_off_invoice(self, customer_id: str, period_end: int, at: int) -> None:
        """As a later `automatically_finalizes_at`."""
        self.put_off.append((customer_id, period_end, at))

    def invoiced_quantities(self, customer_id: str, period_end: int) -> dict[str, int] | None:
        """The lines of the invoice at a month's end: the month's sums."""
        if self._seconds() < period_end:
            return None
        month = calendar.month_of(period_end - 1)
        start = calendar.month_start(month)
        return {
            meter.id: sum(
                self.usage_by_hour(customer_id, event_name(meter), start, period_end).values()
            )
            for meter in METERS.values()
        }
