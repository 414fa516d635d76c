"""What people see of a month: sums for plots, and rows."""

import csv
import io
from decimal import Decimal

import pytest

from chalicelib.core import calendar
from chalicelib.core.errors import Invalid
from chalicelib.metering import reports
from chalicelib.metering.models import Use
from tests.unit.metering.conftest import ACCOUNT, Site


def rows() -> list[dict[str, str]]:
    found = reports.rows(ACCOUNT, reports.month("2026-11"))
    return list(csv.DictReader(io.StringIO(reports.as_csv(found))))


def test_a_run_has_one_row_a_day_and_meter(site: Site) -> None:
    site.now += 11 * calendar.HOUR
    site.start("a")
    for _ in range(12):
        site.now += 600
        site.meter()
    site.stop("a")

    found = rows()

    assert [(row["meter"], row["seconds"]) for row in found] == [
        ("memory_gib_seconds", "3600"),
        ("vcpu_seconds", "3600"),
    ] * 2
    assert found[0]["start"] == "2026-11-10T23:00:00Z"
    assert found[-1]["end"] == "2026-11-11T01:00:00Z"


def test_rows_and_plots_have_the_same_sum(site: Site) -> None:
    site.start("a")
    site.now += 5000
    site.meter()
    site.stop("a", at=site.now - 3)

    by_day = reports.days(ACCOUNT, reports.month("2026-11"))

    total = sum(Decimal(row["amount_usd"]) for row in rows())
    assert total == sum(day.amount for day in by_day) == 4997 * Decimal("0.000154")


def test_what_is_taken_back_has_a_row_of_its_own(site: Site) -> None:
    site.start("a")
    site.now += 700
    site.meter()
    site.stop("a", at=site.now - 5)

    taken_back = [row for row in rows() if row["note"].startswith("taken back")]

    assert {row["seconds"] for row in taken_back} == {"-5"}


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_no_name_is_a_formula(site: Site, name: str) -> None:
    site.start("a")
    Use("a").update([Use.name.set(name)])
    site.now += 10
    site.stop("a")

    assert {row["name"] for row in rows()} == {f"'{name}"}


@pytest.mark.parametrize(
    "name", ["2026-13", "2026-1", "november", "2025-12", "2026-12", "2026-11-01"]
)
def test_a_month_that_is_none_or_is_still_to_come_is_refused(site: Site, name: str) -> None:
    with pytest.raises(Invalid):
        reports.month(name)


def test_the_days_of_the_present_month_end_today(site: Site) -> None:
    assert reports.month(None).dates[-1] == "2026-11-10"
