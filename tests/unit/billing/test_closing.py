"""When an hour is told to Stripe, when a month is closed, and what comes after that."""

from decimal import Decimal

import pytest

from chalicelib.billing import closing, outbox, reconcile, stripe_subscriptions
from chalicelib.billing.models import BillingAccount
from chalicelib.core import calendar
from chalicelib.metering.hours import SEAL_AFTER
from chalicelib.metering.models import MeterHour, Segment, UsageMonth
from tests.unit.billing.conftest import ACCOUNT, NOON, Shop

EXTRA_USD_SECOND = Decimal("0.000154")
"""The largest size, beyond the plan Researcher: 7 vCPU and 28 GiB."""


def hours(meter: str = "vcpu_seconds") -> dict[str, tuple[int, str]]:
    """Quantity and state, by hour and revision."""
    rows = MeterHour.query(f"{ACCOUNT}:{meter}")
    return {f"{row.slot[11:13]}:{row.slot[-4:]}": (row.quantity, row.state) for row in rows}


def owed(month: str = "2026-11") -> Decimal:
    return UsageMonth.get(ACCOUNT, month).amount


def _open_in_the_past(shop: Shop, started_at: int) -> None:
    now, shop.now = shop.now, started_at
    shop.start("late")
    shop.now = now


def test_use_that_the_subscription_has_no_price_for_is_found(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    BillingAccount(ACCOUNT).update([BillingAccount.subscription_id.set("sub_1")])
    sold = {"vcpu_seconds", "memory_gib_seconds", "gpu_seconds", "storage_mib_hours"}
    monkeypatch.setattr(stripe_subscriptions, "meters_of", lambda _: sold)
    shop.start("a")
    shop.work("wk_1.1", spot=True)
    shop.now += 1200
    shop.meter()

    found = reconcile.account(ACCOUNT, "2026-11").findings

    subjects = [each.subject for each in found if each.link == "hours ─ subscription"]
    assert subjects == ["spot_memory_gib_seconds 2026-11", "spot_vcpu_seconds 2026-11"]
    assert {each.link for each in found} == {"hours ─ subscription"}


def test_a_late_second_is_billed_once_in_another_revision_of_its_hour(shop: Shop) -> None:
    shop.start("a")
    shop.start("late")
    shop.now += 3000
    shop.stop("a")
    shop.now = NOON + calendar.HOUR + SEAL_AFTER
    outbox.push(until=shop.now + 1)
    shop.stop("late", at=NOON + 100)
    shop.now += calendar.HOUR
    outbox.push(until=shop.now + 1)

    assert hours() == {"12:0000": (21000, "accepted"), "12:0001": (700, "accepted")}
    assert shop.stripe.usage_of_hour("cus_1", "ramon_vcpu_seconds", NOON) == 21700


def test_what_comes_after_a_month_is_closed_is_carried_forward_and_says_so(shop: Shop) -> None:
    shop.start("a")
    shop.now += 3600
    shop.stop("a")
    shop.now = calendar.month_start("2026-12") + 2 * calendar.HOUR
    outbox.push(until=shop.now + 1)
    assert closing.close(ACCOUNT, "2026-11")
    shop.now += 60
    _open_in_the_past(shop, NOON)
    shop.stop("late", at=NOON + 10)

    (segment,) = Segment.query("late")
    assert segment.carried_from == NOON
    assert calendar.month_of(segment.hour) == "2026-12"
    assert owed("2026-11") == 3600 * EXTRA_USD_SECOND
    assert owed("2026-12") == 10 * EXTRA_USD_SECOND


def test_a_month_is_not_closed_before_all_of_it_has_arrived(shop: Shop) -> None:
    shop.start("a")
    shop.now += 3600
    shop.stop("a")
    shop.now = calendar.month_start("2026-12") + 60

    assert not closing.close(ACCOUNT, "2026-11")
    outbox.push(until=shop.now + 1)
    assert closing.close(ACCOUNT, "2026-11")
    assert reconcile.account(ACCOUNT, "2026-11").findings == []


def test_a_month_is_not_closed_while_stripe_has_not_counted_all_that_it_took(shop: Shop) -> None:
    shop.start("a")
    shop.now += 3600
    shop.stop("a")
    shop.now = calendar.month_start("2026-12") + 60
    shop.stripe.faults = ["lost_later"]
    outbox.push(until=shop.now + 1)

    assert not closing.close(ACCOUNT, "2026-11")

    shop.now += calendar.DAY
    reconcile.account(ACCOUNT, "2026-11")  # as every night
    outbox.push(until=shop.now + 1)
    assert closing.close(ACCOUNT, "2026-11")
