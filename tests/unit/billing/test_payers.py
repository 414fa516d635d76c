"""Who uses something and who pays for it may be two accounts: the payer is asked for the money."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.billing import (
    credited,
    limits,
    messages,
    outbox,
    previews,
    reconcile,
    sums,
    verdicts,
)
from chalicelib.billing import views as billing_views
from chalicelib.billing.models import BillingAccount
from chalicelib.billing.standing import standing
from chalicelib.core import calendar, clock, db
from chalicelib.core.errors import Conflict
from chalicelib.metering import hours, reports, spending, views
from chalicelib.metering.models import Entry, UsageMonth
from chalicelib.metering.uses import NewUse
from chalicelib.plans.catalogue import METERS, SIZES, Kind
from localcloud.tables import tables
from tests.unit.billing.conftest import NOON, Shop
from tests.unit.billing.fake_stripe import FakeStripe
from tests.unit.metering.conftest import sign_up

STUDENT, LAB = "acc_student", "acc_lab"
PLANS = {STUDENT: "researcher", LAB: "lab"}
MONTH = "2026-11"

POWER = {"small": (1, 4), "medium": (2, 8), "large": (4, 16), "extra": (8, 32)}
"""vCPU and GiB of the sizes."""
INCLUDED = {STUDENT: (1, 4), LAB: (2, 8)}
"""What is in each payer's plan."""
VCPU, GIB = 14, 2
"""Millionths of a dollar a second."""


@contextmanager
def a_shop() -> Iterator[Shop]:
    """A student and a lab, at noon."""
    with tables(weighs=False), pytest.MonkeyPatch.context() as patch:
        made = Shop(stripe=FakeStripe(lambda: made.now))
        patch.setattr(clock, "seconds", lambda: made.now)
        patch.setattr(outbox, "_AT_ONCE", 1)
        made.stripe.install(patch)
        for account_id, plan in PLANS.items():
            sign_up(account_id, plan)
            BillingAccount(account_id, customer_id=f"cus_{account_id}").save()
        yield made


@pytest.fixture
def shop() -> Iterator[Shop]:
    with a_shop() as made:
        yield made


def start(shop: Shop, id_: str, account: str, payer: str | None, size: str = "extra") -> None:
    units = SIZES[size].units
    use = NewUse(id_, account, f"nb_{id_}", Kind.NOTEBOOK, id_, size, units, shop.now, payer)
    shop.open(use)


def what_account_sees(account_id: str) -> list[tuple[str, str, str, str]]:
    found = reports.days(account_id, reports.month(MONTH))
    told = views.usage_of(account_id, reports.month(MONTH), found)
    return [(r.resource_id, r.account_id, r.payer_id, r.amount_usd) for r in told.resources]


def test_what_another_pays_is_on_the_payers_bill_and_in_both_reports(shop: Shop) -> None:
    start(shop, "a", STUDENT, LAB)
    shop.now += 600
    shop.meter()

    cost = 600 * (6 * VCPU + 24 * GIB)
    seen = [("nb_a", STUDENT, LAB, f"{Decimal(cost).scaleb(-6)}")]
    assert what_account_sees(STUDENT) == what_account_sees(LAB) == seen
    assert standing(STUDENT).spent == 0
    assert standing(STUDENT).running == []
    assert standing(LAB).spent == Decimal(cost).scaleb(-6)
    assert [row.name for row in billing_views.usage_now(LAB).running] == ["a"]
    assert billing_views.usage_now(LAB).running[0].spent_usd == seen[0][3]
    assert spending.of_resources(STUDENT, {"nb_a": NOON})["nb_a"].spent == standing(LAB).spent
    assert [row.payer_id for row in UsageMonth.scan()] == [LAB]


def test_the_payers_limit_stops_it_and_the_users_own_does_not(shop: Shop) -> None:
    limits.set_limit(STUDENT, Decimal(0), version=1)
    start(shop, "a", STUDENT, LAB)
    shop.now += 60
    assert list(verdicts.verdicts(Kind.NOTEBOOK)) == []

    limits.set_limit(LAB, Decimal(0), version=1)

    (stops,) = verdicts.verdicts(Kind.NOTEBOOK)
    assert (stops.use_id, stops.cause) == ("a", "limit")
    assert stops.message == "The monthly limit of whoever pays for it was reached."
    with pytest.raises(Conflict):
        limits.admit(LAB, SIZES["extra"].units)


def test_when_the_payer_has_not_paid_what_it_pays_for_stops(shop: Shop) -> None:
    start(shop, "a", STUDENT, LAB)
    start(shop, "b", LAB, STUDENT)
    BillingAccount(LAB).update([BillingAccount.unpaid_since.set(shop.now - 20 * calendar.DAY)])

    assert [(v.use_id, v.cause) for v in verdicts.verdicts(Kind.NOTEBOOK)] == [("a", "unpaid")]


def test_the_payers_plan_says_what_is_included(shop: Shop) -> None:
    start(shop, "in", STUDENT, LAB, "medium")
    start(shop, "beyond", LAB, STUDENT, "medium")
    shop.now += 100

    assert standing(LAB).spent == 0
    assert standing(STUDENT).spent == Decimal(100 * (VCPU + 4 * GIB)).scaleb(-6)


def test_what_failed_is_credited_to_the_payer(shop: Shop) -> None:
    start(shop, "a", STUDENT, LAB)
    credit = credited.credit("a", shop.now + 60, "it failed")
    assert credit is not None
    with db.transaction() as write:
        credited.credit_in(write, credit)

    assert BillingAccount.get(LAB).free_usd == Decimal(60 * (6 * VCPU + 24 * GIB)).scaleb(-6)
    assert BillingAccount.get(STUDENT).free_usd is None


def test_messages_of_two_accounts_that_one_pays_for_have_identifiers_of_their_own(
    shop: Shop,
) -> None:
    accounts = [f"acc_{'0' * 10}{letter * 16}" for letter in "ab"]
    for account_id in accounts:
        sign_up(account_id, "free")
        start(shop, account_id, account_id, LAB)
    start(shop, "own", LAB, None)
    shop.now += calendar.HOUR
    shop.meter()

    rows = hours.of_hour(LAB, "vcpu_seconds", NOON)

    events = [msgspec.json.decode(messages.of(row, "cus_1", attempt=12)) for row in rows]
    names = [event["identifier"] for event in events]
    assert len({*names}) == 3
    assert {messages.told_by(name) for name in names} == {(LAB, "vcpu_seconds", NOON)}
    longest = "spot_memory_gib_seconds:acc_" + 26 * "0" + ":2026-11-10T12:9999.99:" + 16 * "0"
    assert messages.told_by(longest) is not None
    assert len(longest) <= 100


def test_a_lost_message_is_found_among_those_of_many_accounts_that_one_pays_for(
    shop: Shop,
) -> None:
    for number in range(40):
        account_id = f"acc_{number:026d}"
        sign_up(account_id, "free")
        start(shop, account_id, account_id, LAB)
        shop.stop(account_id, at=shop.now + 100 + number)
    shop.now += 2 * calendar.HOUR
    shop.stripe.faults = ["lost_later"]
    outbox.push(until=shop.now + 1)
    assert sums.settle(LAB, "vcpu_seconds", NOON)
    shop.now += 25 * calendar.HOUR

    assert sums.settle(LAB, "vcpu_seconds", NOON)
    assert sums.settle(LAB, "memory_gib_seconds", NOON)

    outbox.push(until=shop.now + 1)
    told = shop.stripe.usage_of_hour(f"cus_{LAB}", "ramon_vcpu_seconds", NOON)
    assert told == 6 * sum(range(100, 140))


@dataclass(frozen=True)
class Used:
    """A server of somebody's, at somebody's expense; seconds after noon."""

    account: str
    payer: str
    size: str
    start: int
    end: int

    @property
    def beyond(self) -> tuple[int, int]:
        """vCPU and GiB that are charged."""
        (vcpu, gib), (free_vcpu, free_gib) = POWER[self.size], INCLUDED[self.payer]
        return max(0, vcpu - free_vcpu), max(0, gib - free_gib)

    @property
    def cost(self) -> int:
        """Millionths of a dollar."""
        vcpu, gib = self.beyond
        return (self.end - self.start) * (vcpu * VCPU + gib * GIB)


PEOPLE = st.sampled_from([STUDENT, LAB])
USED = st.tuples(
    PEOPLE, PEOPLE, st.sampled_from(sorted(POWER)), st.integers(0, 5000), st.integers(1, 9000)
).map(lambda drawn: Used(*drawn[:4], drawn[3] + drawn[4]))


@settings(max_examples=40)
@given(st.lists(USED, min_size=1, max_size=5))
def test_every_bill_is_what_its_payer_pays_for_to_the_last_digit(history: list[Used]) -> None:
    with a_shop() as shop:
        _live_through(shop, history)

        for payer in PLANS:
            paid = [used for used in history if used.payer == payer]
            owed = Decimal(sum(used.cost for used in paid)).scaleb(-6)
            assert standing(payer).spent == owed
            assert _receivable(payer) == owed
            assert _stripes_sum(shop, payer) == owed
            assert reconcile.account(payer, MONTH).findings == []
        for account in PLANS:
            _reports_tell_everything(account, history)


def _live_through(shop: Shop, history: list[Used]) -> None:
    happenings = [(used.start, "start", str(i), used) for i, used in enumerate(history)]
    happenings += [(used.end, "stop", str(i), used) for i, used in enumerate(history)]
    for second, what, id_, used in sorted(happenings, key=lambda each: each[:3]):
        shop.now = NOON + second
        shop.meter()
        if what == "start":
            start(shop, id_, used.account, used.payer, used.size)
        else:
            shop.stop(id_)
    shop.now += 2 * calendar.HOUR
    outbox.push(until=shop.now + 1)
    shop.now += 2 * calendar.HOUR


def _receivable(payer: str) -> Decimal:
    entries = Entry.query(f"{payer}:{MONTH}")
    return sum((entry.amount for entry in entries if entry.side == "receivable"), Decimal(0))


def _stripes_sum(shop: Shop, payer: str) -> Decimal:
    counted: Counter[str] = Counter()
    for (customer, event, _), quantity in shop.stripe.summed.items():
        if customer == f"cus_{payer}":
            counted[event] += quantity
    vcpu, gib = counted["ramon_vcpu_seconds"], counted["ramon_memory_gib_seconds"]
    return Decimal(vcpu * VCPU + gib * GIB).scaleb(-6)


def _reports_tell_everything(reader: str, history: list[Used]) -> None:
    """What it used, paid by whomever, and what it pays for; the total is what it pays."""
    concerns = [
        (f"nb_{i}", used) for i, used in enumerate(history) if reader in (used.account, used.payer)
    ]
    month = reports.month(MONTH)
    told = views.usage_of(reader, month, reports.days(reader, month))
    shown = {(r.resource_id, r.account_id, r.payer_id): Decimal(r.amount_usd)
             for r in told.resources}  # fmt: skip
    assert shown == {
        (id_, used.account, used.payer): Decimal(used.cost).scaleb(-6) for id_, used in concerns
    }
    paid = sum(used.cost for _, used in concerns if used.payer == reader)
    assert Decimal(told.amount_usd) == Decimal(paid).scaleb(-6)
    rows = csv.DictReader(io.StringIO(reports.as_csv(reports.rows(reader, month))))
    costs: dict[tuple[str, str, str], Decimal] = {}
    for row in rows:
        key = row["resource_id"], row["account_id"], row["payer_id"]
        costs[key] = costs.get(key, Decimal(0)) + Decimal(row["amount_usd"])
    assert costs == shown


def test_what_has_not_arrived_at_stripe_is_told_to_the_payer_alone(shop: Shop) -> None:
    start(shop, "a", STUDENT, LAB)
    shop.now += 700
    shop.meter()
    shop.now += 100

    cost = Decimal(800 * (6 * VCPU + 24 * GIB)).scaleb(-6)
    assert [previews.unsent(account) for account in (STUDENT, LAB)] == [0, cost]


def test_the_prices_of_this_file_are_those_of_the_catalogue() -> None:
    assert METERS["vcpu_seconds"].price_usd == Decimal(VCPU).scaleb(-6)
    assert METERS["memory_gib_seconds"].price_usd == Decimal(GIB).scaleb(-6)
