"""What is recorded, when, and in which hour it is billed."""

from decimal import Decimal

import pytest

from chalicelib.core import calendar, db
from chalicelib.metering import ledger, recording, reports, stored, uses, views
from chalicelib.metering.models import Entry, MeterHour, Segment, UsageMonth, Use
from chalicelib.metering.stored import Stored
from chalicelib.plans import catalogue
from chalicelib.plans.catalogue import Kind
from tests.unit.metering.conftest import ACCOUNT, NOON, Site

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
    return {f"{row.slot[11:13]}:{row.slot[-4:]}": (row.quantity, row.state) for row in rows}


def owed(month: str = "2026-11") -> Decimal:
    return UsageMonth.get(ACCOUNT, month).amount


def test_an_hour_is_cut_where_the_clock_cuts_it(site: Site) -> None:
    site.now += 3000
    site.start("a")
    site.now += 900
    site.stop("a")

    assert segments("a") == [(3000, 3600, 1), (3600, 3900, 1)]
    assert hours() == {"12:0000": (4200, "open"), "13:0000": (2100, "open")}
    assert owed() == 900 * EXTRA_USD_SECOND


def test_the_two_sides_of_every_booking_add_up_to_nothing(site: Site) -> None:
    site.start("a")
    site.now += 5000
    site.stop("a")

    entries = list(Entry.query(f"{ACCOUNT}:2026-11"))
    assert len(entries) == 4
    assert sum(entry.amount for entry in entries) == 0


def test_what_the_plan_includes_is_recorded_and_priced_at_zero(site: Site) -> None:
    site.start("a", size="small")
    site.now += 600
    site.stop("a")

    (segment,) = Segment.query("a")
    assert ledger.lines_of(segment)[0].quantity == 600
    assert segment.amount == 0
    assert segment.note == "in the plan Researcher"
    assert hours() == {}


def test_a_cluster_is_in_no_plan(site: Site) -> None:
    site.start("a", size="small", kind=Kind.CLUSTER)
    site.now += 100
    site.stop("a")

    assert hours() == {"12:0000": (100, "open")}


def test_a_cluster_that_falls_back_is_charged_by_both_kinds_of_meters(site: Site) -> None:
    site.work("wk_1.1", spot=True)
    site.now += 100
    site.stop("wk_1.1")
    site.work("wk_2.1", spot=False)
    site.now += 50
    site.stop("wk_2.1")

    (row,) = views.resources_of(reports.days(ACCOUNT, reports.month("2026-11")))

    hour = catalogue.price_of_hour(catalogue.units(vcpu=2, memory_gib=4))
    assert row.seconds == 150
    assert Decimal(row.amount_usd) == hour * (100 * Decimal("0.4") + 50) / 3600


def test_recorded_twice_the_second_one_is_refused(site: Site) -> None:
    site.start("a")
    stale = Use.get("a")
    site.now += 700
    site.meter()

    terms = uses.terms_now(stale)
    with pytest.raises(ledger.Moved):
        recording.record(stale, site.now, terms, terms, calendar.HOUR)

    assert segments("a") == [(0, 700, 1)]


def test_what_was_recorded_beyond_the_providers_stop_time_is_taken_back(site: Site) -> None:
    site.start("a")
    site.now += 700
    site.meter()
    site.stop("a", at=NOON + 695)

    assert segments("a") == [(0, 700, 1), (695, 700, -1)]
    assert owed() == 695 * EXTRA_USD_SECOND
    assert Use.get("a").open_shard is None


def test_a_new_plan_counts_from_the_next_look_on(site: Site) -> None:
    site.start("a", size="medium")
    site.now += 60
    site.on_plan("lab")  # it includes medium
    site.meter()
    site.now += 60
    site.stop("a")

    assert hours() == {"12:0000": (60, "open")}


def charged_mib_hours() -> int:
    found = list(Segment.query(f"storage:{ACCOUNT}"))
    return sum(line.billable for each in found for line in ledger.lines_of(each))


def test_storage_is_charged_for_as_long_as_it_was_there(site: Site) -> None:
    begun = site.now
    stored.record_storage({ACCOUNT: Stored(60 * GIB, 0, begun)})
    site.now += calendar.DAY
    byte_seconds = 60 * GIB * calendar.DAY
    stored.record_storage({ACCOUNT: Stored(90 * GIB, byte_seconds, begun)})
    assert charged_mib_hours() == 24 * 10 * 1024  # 60 GiB for a day, 50 of them in the plan

    site.now += calendar.DAY
    byte_seconds += 90 * GIB * calendar.DAY // 2
    stored.record_storage({ACCOUNT: Stored(0, byte_seconds, begun)})  # all was deleted at noon

    found = list(Segment.query(f"storage:{ACCOUNT}"))
    assert [each.end - each.start for each in found] == [12 * 3600] * 4
    assert [int(each.units["storage_mib_hours"]) for each in found[2:]] == [45 * 1024] * 2


def test_what_was_gone_whenever_somebody_looked_is_charged(site: Site) -> None:
    """A thousand GiB, deleted at 01:59 each night and restored at 02:01."""
    begun, there, byte_seconds = site.now, 1000 * GIB, 0
    for _ in range(7):
        stored.record_storage({ACCOUNT: Stored(0, byte_seconds, begun)})
        site.now += calendar.DAY
        byte_seconds += there * (calendar.DAY - 120)
    stored.record_storage({ACCOUNT: Stored(0, byte_seconds, begun)})

    honest = 7 * 24 * (1000 - 50) * 1024
    assert 0.99 * honest < charged_mib_hours() < honest


def test_what_is_stored_before_anybody_looked_for_the_first_time_is_charged(site: Site) -> None:
    begun = site.now
    site.now += calendar.DAY
    stored.record_storage({ACCOUNT: Stored(60 * GIB, 60 * GIB * calendar.DAY, begun)})

    assert charged_mib_hours() == 24 * 10 * 1024


def test_a_run_that_is_there_is_not_opened_again(site: Site) -> None:
    site.start("a")

    with pytest.raises(db.Refused):
        site.start("a")
