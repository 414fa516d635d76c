"""Whichever answer of DynamoDB is lost, a second is billed once and a limit is set once."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from chalicelib.accounts.models import Account
from chalicelib.billing import (
    checkout,
    closing,
    limits,
    outbox,
    stripe_invoices,
    stripe_subscriptions,
    subscriptions,
    sums,
)
from chalicelib.billing.models import BillingAccount
from chalicelib.billing.stripe_subscriptions import Session, Sessions, Subscription
from chalicelib.core import calendar, clock
from chalicelib.core.errors import VersionMismatch
from chalicelib.metering import hours, stored
from chalicelib.metering.models import MeterHour, UsageMonth
from chalicelib.plans.catalogue import METERS
from tests.endings import (
    Act,
    Story,
    ends_the_same_cut_off_and_run_again,
    ends_the_same_whichever_answer_is_lost,
)
from tests.lost_answers import Wire, without_recognition
from tests.unit.billing.conftest import ACCOUNT, NOON, Shop
from tests.unit.billing.fake_stripe import FakeStripe

RUN = "srv_1"
METER = "vcpu_seconds"


@pytest.fixture(autouse=True)
def stripe(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stripe, where the account has a subscription, at noon in the middle of a month."""
    wire.begins = datetime.fromtimestamp(NOON, UTC)
    wire.fresh.append(lambda: FakeStripe(clock.seconds).install(monkeypatch))
    kept = Subscription("sub_1", "active", "researcher", None, NOON, NOON + calendar.DAY, None)
    for module, name, answer in (
        (stripe_subscriptions, "subscriptions_of", [kept]),
        (stripe_subscriptions, "make_customer", "cus_2"),
        (stripe_subscriptions, "sessions_of", Sessions([], None)),
        (stripe_subscriptions, "open_session", Session("cs_1", "researcher", "https://pay")),
        (stripe_invoices, "unpaid_since", None),
    ):
        monkeypatch.setattr(module, name, lambda *_, answer=answer: answer)
    wire.clear()


def an_account(plan: str = "researcher") -> BillingAccount:
    Account(ACCOUNT, login="ada", name="Ada", plan=plan, created_at=clock.now()).save()
    account = BillingAccount(ACCOUNT, customer_id="cus_1", subscription_id="sub_1")
    account.save()
    return account


def used(until: int) -> Shop:
    """A notebook beyond the plan has run from noon until so many seconds later."""
    an_account()
    shop = Shop(NOON, stripe=FakeStripe(clock.seconds))
    shop.start(RUN)
    shop.now += until
    return shop


def at(second: int, act: Act) -> object:
    """Do something so many seconds after noon."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "seconds", lambda: NOON + second)
        return act()


def a_use_begins() -> Act:
    an_account()
    shop = Shop(NOON, stripe=FakeStripe(clock.seconds))
    return lambda: shop.start(RUN)


def a_use_is_recorded() -> Act:
    return used(5000).meter


def a_use_ends() -> Act:
    shop = used(5000)
    return lambda: shop.stop(RUN)


def a_use_had_ended_before_it_was_recorded() -> Act:
    shop = used(5000)
    shop.meter()
    return lambda: shop.stop(RUN, NOON + 1000)


def an_hour() -> MeterHour:
    """An hour that is over, with use that nobody has told Stripe of."""
    used(1800).stop(RUN)
    return hours.of_hour(ACCOUNT, METER, NOON)[0]


def an_hour_is_sealed() -> Act:
    row = an_hour()
    return lambda: outbox.seal(row)


def an_hour_is_sent() -> Act:
    row = an_hour()
    outbox.seal(row)
    return lambda: outbox.send(row)


def a_sent_hour_is_found_in_stripes_sums() -> Act:
    row = an_hour()
    outbox.seal(row)
    outbox.send(row)
    row.update([MeterHour.state.set(hours.HourState.SEALED)])
    return lambda: sums.settle(ACCOUNT, METER, NOON)


def a_lost_hour_is_sent_anew() -> Act:
    row = an_hour()
    outbox.seal(row)
    row.update([MeterHour.first_sent_at.set(NOON)])
    day_after = 2 * calendar.DAY
    return lambda: at(day_after, lambda: sums.settle(ACCOUNT, METER, NOON))


def a_month_is_closed() -> Act:
    an_hour()
    for meter in METERS:
        for row in hours.of_hour(ACCOUNT, meter, NOON):
            outbox.seal(row)
            outbox.send(row)
    return lambda: at(40 * calendar.DAY, closing.close_months)


def recorded(later: int) -> object:
    """Record 100 GiB that are there from now on, some time later."""
    begun, there = clock.seconds(), 100 * 1024**3
    counted = stored.Stored(there, there * later, begun)
    return at(later, lambda: stored.record_storage({ACCOUNT: counted}))


def storage_is_recorded_for_the_first_time() -> Act:
    an_account()
    return lambda: recorded(calendar.DAY)


def storage_is_recorded_again() -> Act:
    an_account()
    recorded(calendar.DAY)
    return lambda: recorded(3 * calendar.DAY)


def a_limit_is_set() -> Act:
    an_account()
    return lambda: limits.set_limit(ACCOUNT, Decimal(5), 1)


def a_limit_is_set_from_an_old_page() -> Act:
    an_account()
    limits.set_limit(ACCOUNT, Decimal(7), 1)
    return lambda: limits.set_limit(ACCOUNT, Decimal(5), 1)


def a_subscription_is_applied() -> Act:
    an_account("free")
    return lambda: subscriptions.apply(ACCOUNT)


def an_attempt_is_noted() -> Act:
    account = an_account()
    return lambda: subscriptions.note_attempt(account)


def somebody_subscribes_for_the_first_time() -> Act:
    an_account("free").update([BillingAccount.customer_id.remove()])

    def subscribed() -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stripe_subscriptions, "subscriptions_of", lambda _: [])
            return checkout.begin(ACCOUNT, "researcher")

    return subscribed


STORIES = (
    a_use_begins,
    a_use_is_recorded,
    a_use_ends,
    a_use_had_ended_before_it_was_recorded,
    an_hour_is_sealed,
    an_hour_is_sent,
    a_sent_hour_is_found_in_stripes_sums,
    a_lost_hour_is_sent_anew,
    a_month_is_closed,
    storage_is_recorded_for_the_first_time,
    storage_is_recorded_again,
    a_limit_is_set,
    a_limit_is_set_from_an_old_page,
    a_subscription_is_applied,
    an_attempt_is_noted,
    somebody_subscribes_for_the_first_time,
)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_it_ends_the_same_whichever_answer_is_lost(wire: Wire, story: Story) -> None:
    ends_the_same_whichever_answer_is_lost(wire, story)


@pytest.mark.parametrize(
    "step",
    [
        a_use_is_recorded,
        a_sent_hour_is_found_in_stripes_sums,
        a_month_is_closed,
        storage_is_recorded_again,
        a_subscription_is_applied,
    ],
    ids=lambda step: step.__name__,
)
def test_what_is_cut_off_anywhere_and_run_again_ends_the_same(wire: Wire, step: Story) -> None:
    ends_the_same_cut_off_and_run_again(wire, step)


def test_a_months_last_sum_is_found_by_the_one_that_closes_it(wire: Wire) -> None:
    a_month_is_closed()()

    (row,) = UsageMonth.scan()
    assert row.closed_at is not None


def test_without_recognition_of_ones_own_write_ones_own_limit_is_an_old_page(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_recognition(monkeypatch)
    set_it = a_limit_is_set()
    wire.lose_next("UpdateItem")

    with pytest.raises(VersionMismatch):
        set_it()
