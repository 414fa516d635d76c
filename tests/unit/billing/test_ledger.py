"""What is recorded, when, and in which hour it is billed."""

from decimal import Decimal

import pytest

from chalicelib.billing import closing, outbox, reconcile, stripe_subscriptions
from chalicelib.billing.models import BillingAccount
from chalicelib.core import calendar, db
from chalicelib.metering import ledger, recording, reports, stored, uses, views
from chalicelib.metering.hours import SEAL_AFTER
from chalicelib.metering.models import Entry, MeterHour, Segment, UsageMonth, Use
from chalicelib.metering.uses import Kind
from chalicelib.plans import catalogue
from tests.unit.billing.conftest import ACCOUNT, NOON, Shop

EXTRA_USD_SECOND = Decimal("0.000154")
"""The largest size, beyond the plan Researcher: 7 vCPU and 28 GiB."""
GIB = 1024**3


def segments(use_id: str) -> list[tuple[int, int, int]]:
    """From, until (seconds after noon) and sign."""
    found = Segment.query(use_id, consistent_read=True)
    return [(each.start - NOON, each.end - NOON, each.sign) for each in found]


def hours(meter: str = "vcpu_seconds") -> dict[str, tuple[int, str]]:
    """Quantity and state, by hour and revision."""
    rows = MeterHour.query(f"{ACCOUNT}:{meter}")
    return {row.slot[-7:]: (row.quantity, row.state) for row in rows}


def owed(month: str = "2026-11") -> Decimal:
    return UsageMonth.get(ACCOUNT, month).amount


def test_an_hour_is_cut_where_the_clock_cuts_it(shop: Shop) -> None:
    shop.now += 3000
    shop.start("a")
    shop.now += 900
    shop.stop("a")

    assert segments("a") == [(3000, 3600, 1), (3600, 3900, 1)]
    assert hours() == {"12:0000": (4200, "open"), "13:0000": (2100, "open")}
    assert owed() == 900 * EXTRA_USD_SECOND


def test_the_two_sides_of_every_booking_add_up_to_nothing(shop: Shop) -> None:
    shop.start("a")
    shop.now += 5000
    shop.stop("a")

    entries = list(Entry.query(f"{ACCOUNT}:2026-11"))
    assert len(entries) == 4
    assert sum(entry.amount for entry in entries) == 0


def test_what_the_plan_includes_is_recorded_and_priced_at_zero(shop: Shop) -> None:
    shop.start("a", size="small")
    shop.now += 600
    shop.stop("a")

    (segment,) = Segment.query("a")
    assert ledger.lines_of(segment)[0].quantity == 600
    assert segment.amount == 0
    assert segment.note == "in the plan Researcher"
    assert hours() == {}


def test_a_cluster_is_in_no_plan(shop: Shop) -> None:
    shop.start("a", size="small", kind=Kind.CLUSTER)
    shop.now += 100
    shop.stop("a")

    assert hours() == {"12:0000": (100, "open")}


def test_a_cluster_that_falls_back_is_charged_by_both_kinds_of_meters(shop: Shop) -> None:
    shop.work("wk_1.1", spot=True)
    shop.now += 100
    shop.stop("wk_1.1")
    shop.work("wk_2.1", spot=False)
    shop.now += 50
    shop.stop("wk_2.1")

    (row,) = views.resources_of(reports.days(ACCOUNT, reports.month("2026-11")))

    hour = catalogue.price_of_hour(catalogue.units(vcpu=2, memory_gib=4))
    assert row.seconds == 150
    assert Decimal(row.amount_usd) == hour * (100 * Decimal("0.4") + 50) / 3600


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


def test_recorded_twice_the_second_one_is_refused(shop: Shop) -> None:
    shop.start("a")
    stale = Use.get("a")
    shop.now += 700
    shop.meter()

    terms = uses.terms_now(stale)
    with pytest.raises(ledger.Moved):
        recording.record(stale, shop.now, terms, terms, calendar.HOUR)

    assert segments("a") == [(0, 700, 1)]


def test_what_was_recorded_beyond_the_providers_stop_time_is_taken_back(shop: Shop) -> None:
    shop.start("a")
    shop.now += 700
    shop.meter()
    shop.stop("a", at=NOON + 695)

    assert segments("a") == [(0, 700, 1), (695, 700, -1)]
    assert owed() == 695 * EXTRA_USD_SECOND
    assert Use.get("a").open_shard is None


def test_a_new_plan_counts_from_the_next_look_on(shop: Shop) -> None:
    shop.start("a", size="medium")
    shop.now += 60
    shop.on_plan("lab")  # it includes medium
    shop.meter()
    shop.now += 60
    shop.stop("a")

    assert hours() == {"12:0000": (60, "open")}


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


def _open_in_the_past(shop: Shop, started_at: int) -> None:
    now, shop.now = shop.now, started_at
    shop.start("late")
    shop.now = now


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


def test_storage_is_charged_for_what_was_there_at_both_ends(shop: Shop) -> None:
    stored.sample_storage({ACCOUNT: 60 * GIB})
    shop.now += calendar.DAY
    stored.sample_storage({ACCOUNT: 90 * GIB})
    shop.now += calendar.DAY
    stored.sample_storage({})  # all is deleted

    found = list(Segment.query(f"storage:{ACCOUNT}"))
    billed = sum(line.billable for each in found for line in ledger.lines_of(each))
    assert billed == 24 * 10 * 1024  # 60 GiB for a day, 50 of them in the plan
    assert [each.end - each.start for each in found] == [12 * 3600] * 4


def test_a_run_that_is_there_is_not_opened_again(shop: Shop) -> None:
    shop.start("a")

    with pytest.raises(db.Refused):
        shop.start("a")
