"""A segment is worth what it was worth when it was written, whatever the catalogue says later."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core import clock
from chalicelib.metering import audit, ledger, reports, uses, views
from chalicelib.metering.models import Entry, Segment, Use
from chalicelib.plans.catalogue import METERS
from localcloud.tables import tables
from tests.unit.metering.conftest import ACCOUNT, Site, sign_up

MONTH = "2026-11"
VCPU, GIB = 7, 28
"""What the largest size has beyond the plan Researcher."""


@contextmanager
def a_site() -> Iterator[Site]:
    with tables(weighs=False), pytest.MonkeyPatch.context() as patch:
        made = Site()
        patch.setattr(clock, "seconds", lambda: made.now)
        sign_up(ACCOUNT, "researcher")
        yield made


def at_rates(patch: pytest.MonkeyPatch, vcpu: int, gib: int, per: int) -> None:
    """Let a second of a vCPU and a GiB cost so many millionths, counted by so many seconds."""
    for meter, millionths in (("vcpu_seconds", vcpu), ("memory_gib_seconds", gib)):
        price = Decimal(millionths * per).scaleb(-6)
        patch.setitem(METERS, meter, replace(METERS[meter], price_usd=price, per=per))


def recorded() -> list[tuple[int, Decimal]]:
    """Length and dollars of every segment, as it is priced now."""
    found = Segment.query("a", consistent_read=True)
    return [(each.sign * (each.end - each.start), _amount(each)) for each in found]


def _amount(segment: Segment) -> Decimal:
    return sum((line.amount for line in ledger.lines_of(segment)), Decimal(0))


def booked() -> Decimal:
    entries = Entry.query(f"{ACCOUNT}:{MONTH}")
    return sum((entry.amount for entry in entries if entry.side == "receivable"), Decimal(0))


RATES = st.tuples(st.integers(1, 99), st.integers(1, 99), st.sampled_from([1, 10, 60]))
STEPS = st.lists(st.tuples(RATES, st.integers(1, 5).map(lambda minutes: minutes * 600)),
                 min_size=1, max_size=6)  # fmt: skip


@settings(max_examples=40)
@given(STEPS, st.integers(0, 3), RATES)
def test_a_change_of_prices_changes_nothing_that_was_recorded(
    steps: list[tuple[tuple[int, int, int], int]], too_much: int, after: tuple[int, int, int]
) -> None:
    """Every step is recorded at its own rates; in the end some of the last one is taken back."""
    with a_site() as site, pytest.MonkeyPatch.context() as patch:
        site.start("a")
        millionths = []
        for (vcpu, gib, per), seconds in steps:
            at_rates(patch, vcpu, gib, per)
            site.now += seconds
            site.meter()
            millionths.append(seconds * (VCPU * vcpu + GIB * gib))
        at_rates(patch, *after)
        back = too_much * 60
        site.stop("a", at=site.now - back)
        (vcpu, gib, _), _ = steps[-1]
        owed = Decimal(sum(millionths) - back * (VCPU * vcpu + GIB * gib)).scaleb(-6)

        assert booked() == owed
        assert sum(amount for _, amount in recorded()) == owed
        assert Use.get("a").amount == owed
        assert list(audit.findings(audit.Books(ACCOUNT, MONTH))) == []
        month = reports.month(MONTH)
        told = views.usage_of(ACCOUNT, month, reports.days(ACCOUNT, month))
        assert Decimal(told.amount_usd) == owed
        rows = reports.rows(ACCOUNT, month)
        assert sum((row.line.amount for row in rows), Decimal(0)) == owed


def test_a_meter_that_is_no_longer_sold_still_tells_what_it_cost(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.start("a")
    site.now += 100
    site.stop("a")
    monkeypatch.delitem(METERS, "memory_gib_seconds")

    assert [amount for _, amount in recorded()] == [Decimal("0.0154")]


def test_what_is_not_recorded_yet_is_told_at_the_present_price(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.start("a")
    site.now += 600
    site.meter()
    at_rates(monkeypatch, 100, 0, 1)
    site.now += 10

    assert uses.cost(Use.get("a"), site.now) == Decimal("0.0924") + Decimal("0.007")
