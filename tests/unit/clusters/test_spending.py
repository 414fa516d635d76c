"""Budgets: what is too small, and how amounts are told."""

from decimal import Decimal

import pytest

from chalicelib.clusters import attempts, spending
from chalicelib.clusters.models import Cluster
from chalicelib.core.errors import Invalid
from chalicelib.plans import catalogue

HOUR = Decimal("0.60")
"""A worker's price an hour: a cent a minute."""


def _cluster(purchase: str, *, fell_back: bool = False, gpu: int = 0) -> Cluster:
    return Cluster("cl_1", purchase=purchase, vcpu=4, memory_gib=8, gpu=gpu, fell_back=fell_back)


ON_DEMAND = catalogue.units(vcpu=4, memory_gib=8)
SPOT = catalogue.units(vcpu=4, memory_gib=8, spot=True)


def test_spare_computers_cost_forty_percent() -> None:
    prices = {of: catalogue.METERS[of].price_usd for of in catalogue.METERS}

    assert prices["spot_vcpu_seconds"] / prices["vcpu_seconds"] == Decimal("0.4")
    assert prices["spot_memory_gib_seconds"] / prices["memory_gib_seconds"] == Decimal("0.4")


def test_a_worker_is_charged_as_the_computer_that_it_runs_on() -> None:
    cluster = _cluster("spot_with_fallback", fell_back=True)

    assert attempts.units_of(cluster, "spot") == SPOT
    assert attempts.units_of(cluster, "on_demand") == ON_DEMAND
    assert attempts.units_of(_cluster("on_demand", gpu=1), "gpu") == {**ON_DEMAND, "gpu_seconds": 1}


@pytest.mark.parametrize(
    ("purchase", "fell_back", "price", "dearest"),
    [
        ("on_demand", False, "0.2592", ON_DEMAND),
        ("spot", False, "0.10368", SPOT),
        ("spot_with_fallback", False, "0.10368", ON_DEMAND),
        ("spot_with_fallback", True, "0.2592", ON_DEMAND),
    ],
)
def test_a_cluster_tells_the_price_of_its_next_worker_and_is_admitted_at_the_dearest(
    purchase: str, fell_back: bool, price: str, dearest: catalogue.Units
) -> None:
    cluster = _cluster(purchase, fell_back=fell_back)

    assert spending.worker_usd_hour(cluster) == Decimal(price)
    assert spending.dearest_units(cluster) == dearest


def test_a_budget_for_less_than_a_look_and_a_stop_is_refused_with_the_least_that_would_do() -> None:
    with pytest.raises(Invalid, match=r"\$0\.16") as caught:
        spending.require_budget(Decimal("0.15"), 8, HOUR)

    assert caught.value.code == "budget_too_small"
    assert caught.value.details["least_usd"] == "0.16"


@pytest.mark.parametrize("budget", ["0.16", "5"])
def test_a_budget_for_two_minutes_or_more_will_do(budget: str) -> None:
    spending.require_budget(Decimal(budget), 8, HOUR)


def test_no_budget_is_no_limit() -> None:
    spending.require_budget(None, 1000, HOUR)


@pytest.mark.parametrize(
    ("amount", "told"), [("5", "5.00"), ("0.10", "0.10"), ("0.0040", "0.004"), ("100", "100.00")]
)
def test_amounts_are_told_to_the_cent_or_as_precisely_as_they_were_given(
    amount: str, told: str
) -> None:
    assert spending.dollars(Decimal(amount)) == told
