"""What an account may still use, and what it is told."""

from decimal import Decimal

import pytest

from chalicelib.billing import limits, notices
from chalicelib.billing import verdicts as stops
from chalicelib.billing.models import BillingAccount
from chalicelib.billing.standing import CHECK_SECONDS, standing
from chalicelib.core import calendar
from chalicelib.core.errors import Conflict, Invalid, VersionMismatch
from chalicelib.plans.catalogue import SIZES, Kind
from tests.unit.billing.conftest import ACCOUNT, Shop

HOUR_OF_EXTRA = Decimal("0.5544")


def told() -> list[str]:
    return [notice.kind for notice in notices.of(standing(ACCOUNT))]


def verdicts() -> dict[str, str]:
    return {verdict.use_id: verdict.cause for verdict in stops.verdicts(Kind.NOTEBOOK)}


def unpaid_for(shop: Shop, days: int) -> None:
    since = shop.now - days * calendar.DAY
    BillingAccount(ACCOUNT).update([BillingAccount.unpaid_since.set(since)])


def code_of_start(size: str) -> str:
    try:
        limits.admit(ACCOUNT, SIZES[size].units)
    except Conflict as refused:
        return refused.code
    return "admitted"


def test_what_runs_counts_before_it_is_recorded(shop: Shop) -> None:
    shop.start("a")
    shop.now += 300

    assert standing(ACCOUNT).spent == HOUR_OF_EXTRA / 12


@pytest.mark.parametrize(
    ("hours", "kinds"), [(4, []), (5, ["limit_50"]), (8, ["limit_80"]), (10, ["limit_reached"])]
)
def test_one_is_warned_at_half_at_four_fifths_and_at_the_limit(
    shop: Shop, hours: int, kinds: list[str]
) -> None:
    limits.set_limit(ACCOUNT, (10 * HOUR_OF_EXTRA).quantize(Decimal("0.01")), version=1)
    shop.start("a")
    shop.now += hours * calendar.HOUR
    shop.stop("a")

    assert told() == kinds


def test_what_costs_extra_stops_when_the_next_minute_would_pass_the_limit(shop: Shop) -> None:
    limits.set_limit(ACCOUNT, Decimal("0.10"), version=1)
    shop.start("costly")
    shop.start("included", size="small")
    per_second = HOUR_OF_EXTRA / 3600
    shop.now += int(Decimal("0.10") / per_second) - CHECK_SECONDS
    assert verdicts() == {}

    shop.now += 2

    assert verdicts() == {"costly": "limit"}
    assert code_of_start("extra") == "limit_reached"
    assert code_of_start("small") == "admitted"


def test_a_plan_without_usage_has_only_its_own_size(shop: Shop) -> None:
    shop.on_plan("free")

    assert code_of_start("medium") == "plan_size"
    assert code_of_start("small") == "admitted"


def test_a_plan_that_has_ended_stops_what_it_allowed(shop: Shop) -> None:
    shop.start("first", size="small")
    shop.now += 1
    shop.start("second", size="small")
    shop.now += 1
    shop.start("larger", size="medium")
    shop.on_plan("free")

    assert verdicts() == {"second": "plan", "larger": "plan"}


@pytest.mark.parametrize(
    ("days", "kind", "start", "stops"),
    [
        (0, "payment_failed", "admitted", False),
        (6, "payment_failed", "admitted", False),
        (7, "starts_blocked", "payment_required", False),
        (13, "starts_blocked", "payment_required", False),
        (14, "stopping", "payment_required", True),
    ],
)
def test_an_unpaid_invoice_gives_time_then_blocks_then_stops(
    shop: Shop, days: int, kind: str, start: str, stops: bool
) -> None:
    shop.start("a", size="small")
    unpaid_for(shop, days)

    assert told() == [kind]
    assert code_of_start("small") == start
    assert verdicts() == ({"a": "unpaid"} if stops else {})


def test_no_limit_is_a_choice_and_so_is_one_of_nothing(shop: Shop) -> None:
    limits.set_limit(ACCOUNT, None, version=1)
    assert standing(ACCOUNT).limit is None
    assert code_of_start("extra") == "admitted"

    limits.set_limit(ACCOUNT, Decimal(0), version=2)
    assert code_of_start("extra") == "limit_reached"
    assert told() == []


def test_a_limit_that_was_changed_elsewhere_is_not_overwritten(shop: Shop) -> None:
    limits.set_limit(ACCOUNT, Decimal(5), version=1)

    with pytest.raises(VersionMismatch):
        limits.set_limit(ACCOUNT, Decimal(7), version=1)

    assert standing(ACCOUNT).limit == 5


def test_a_slip_of_the_finger_is_no_limit(shop: Shop) -> None:
    with pytest.raises(Invalid):
        limits.set_limit(ACCOUNT, Decimal(limits.MOST_LIMIT_USD + 1), version=1)


def test_the_free_plan_has_nothing_to_limit(shop: Shop) -> None:
    shop.on_plan("free")

    with pytest.raises(Conflict) as refused:
        limits.set_limit(ACCOUNT, Decimal(5), version=1)

    assert refused.value.code == "no_usage"
