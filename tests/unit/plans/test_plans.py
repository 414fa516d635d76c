"""What is in a plan's price, what it admits, and what the rest costs."""

from decimal import Decimal

import pytest

from chalicelib.core import calendar
from chalicelib.core.errors import Conflict
from chalicelib.plans import service as plans
from chalicelib.plans.catalogue import METERS, PLANS, SIZES, STORAGE, TIMED, Kind, Rate, units

FREE, RESEARCHER, LAB = PLANS["free"], PLANS["researcher"], PLANS["lab"]
LARGE = SIZES["large"].units


def test_a_notebooks_power_is_covered_up_to_the_plans_size() -> None:
    assert RESEARCHER.covered_of(Kind.NOTEBOOK, LARGE) == SIZES["small"].units
    assert LAB.covered_of(Kind.NOTEBOOK, LARGE) == SIZES["medium"].units
    assert LAB.covered_of(Kind.NOTEBOOK, SIZES["small"].units) == SIZES["small"].units


def test_storage_is_covered_up_to_the_plans_gibibytes() -> None:
    assert RESEARCHER.covered_of(Kind.STORAGE, {STORAGE: 60 * 1024}) == {STORAGE: 50 * 1024}


def test_no_plan_covers_any_of_a_cluster() -> None:
    assert LAB.covered_of(Kind.CLUSTER, LARGE) == {}


@pytest.mark.parametrize("kind", list(Kind))
def test_where_there_is_nobody_to_charge_everything_is_covered(kind: Kind) -> None:
    assert FREE.covered_of(kind, LARGE) == LARGE


def test_a_size_beyond_the_plan_is_admitted_at_what_it_costs_beyond() -> None:
    assert plans.admit_size(RESEARCHER, SIZES["small"].units) == 0
    assert plans.admit_size(RESEARCHER, LARGE) == 3600 * (3 * 14 + 12 * 2) * Decimal("0.000001")


def test_a_plan_without_usage_admits_neither_larger_sizes_nor_clusters() -> None:
    with pytest.raises(Conflict) as size:
        plans.admit_size(FREE, LARGE)
    with pytest.raises(Conflict) as cluster:
        plans.admit_clusters(FREE)

    assert (size.value.code, cluster.value.code) == ("plan_size", "plan_cluster")


@pytest.mark.parametrize(
    ("kind", "size", "place", "may"),
    [
        (Kind.NOTEBOOK, "small", 0, True),
        (Kind.NOTEBOOK, "small", 1, False),
        (Kind.NOTEBOOK, "medium", 0, False),
        (Kind.CLUSTER, "small", 0, False),
    ],
)
def test_what_runs_goes_on_as_long_as_the_plan_has_it(
    kind: Kind, size: str, place: int, may: bool
) -> None:
    assert plans.allows(FREE, kind, SIZES[size].units, place) is may
    assert plans.allows(LAB, kind, SIZES[size].units, place) is True


@pytest.mark.parametrize("per", [1, 60, calendar.HOUR])
def test_a_rate_counts_by_its_own_seconds(per: int) -> None:
    rate = Rate(Decimal(3), per)

    assert rate.count(7, 2 * calendar.HOUR) == 7 * 2 * calendar.HOUR // per
    assert rate.usd_second(7) * per == 21


def test_a_part_of_a_count_is_refused() -> None:
    with pytest.raises(ValueError, match="no whole number"):
        METERS[STORAGE].rate.count(1, calendar.HOUR - 1)


def test_whatever_is_used_is_timed_by_one_meter() -> None:
    machines = [units(vcpu=2, memory_gib=4, gpu=1, spot=spot) for spot in (True, False)]

    for used in [*machines, {STORAGE: 1}, *(size.units for size in SIZES.values())]:
        assert len(TIMED & used.keys()) == 1
