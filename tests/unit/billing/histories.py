"""Histories of use: whatever happens, in whatever order, every second is billed once.

Tables are in this process and behave as DynamoDB's; Stripe's meters are a fake that fails when the
history says so. What the provider knows (when each thing could be used, and when it stopped) is
kept apart, and everything is held against it at the end.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from chalicelib.accounts.models import Account
from chalicelib.billing import (
    calendar,
    catalogue,
    closing,
    limits,
    outbox,
    reconcile,
    usage,
)
from chalicelib.billing.models import BillingAccount, Entry, MeterHour, Run, Segment, UsageMonth
from chalicelib.billing.usage import Kind, Use
from chalicelib.core import clock, db
from localcloud.tables import Call, Hook, Tables
from tests.unit.billing.fake_stripe import FAULTS, FakeStripe

ACCOUNTS = {"acc_a": "researcher", "acc_b": "lab"}
BEGIN = calendar.month_start("2026-11") + 29 * calendar.DAY + 22 * calendar.HOUR + 1234
"""Late on the last day but one of a month, so that histories cross its end."""
STALE = 25 * calendar.HOUR
"""Longer than Stripe knows an identifier."""


class Crash(Exception):
    """The process died at this point."""


class Histories(RuleBasedStateMachine):
    """Two accounts, what they use, and everything that can go wrong on the way to the bill."""

    dynamodb: Tables

    def __init__(self) -> None:
        super().__init__()
        self.dynamodb.reset()
        self.now = BEGIN
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(clock, "seconds", lambda: self.now)
        self.patch.setattr(clock, "wait", lambda _: None)
        # One at a time, and in one shard: a history is the same each time, and sooner over.
        self.patch.setattr(outbox, "_AT_ONCE", 1)
        self.patch.setattr(outbox, "DUE_SHARDS", 1)
        self.patch.setattr(usage, "OPEN_SHARDS", 1)
        self.stripe = FakeStripe(lambda: self.now)
        self.stripe.install(self.patch)
        self.started: dict[str, int] = {}
        self.stopped: dict[str, int] = {}
        self.events: list[str] = []
        self.armed: tuple[Hook | None, Hook | None] | None = None
        self.stored: dict[str, int] = {}
        for account_id, plan in ACCOUNTS.items():
            _sign_up(account_id, plan)

    def teardown(self) -> None:
        try:
            self._settle()
            self._everything_agrees()
        finally:
            self.patch.undo()

    # What people and providers do

    @rule(
        account=st.sampled_from(sorted(ACCOUNTS)),
        size=st.sampled_from(sorted(catalogue.SIZES)),
        kind=st.sampled_from([Kind.NOTEBOOK, Kind.CLUSTER]),
    )
    def something_becomes_usable(self, account: str, size: str, kind: Kind) -> None:
        run_id = f"run_{len(self.started):03d}"
        units = catalogue.size(size).units
        use = Use(run_id, account, f"res_{size}", kind, size, size, units, self.now)
        self._surviving(lambda: _open(use))
        if usage.of([run_id]):  # the same transaction says that it runs
            self.started[run_id] = self.now

    @precondition(lambda self: self._running())
    @rule(data=st.data())
    def something_stops(self, data: st.DataObject) -> None:
        run_id = data.draw(st.sampled_from(self._running()))
        self.stopped[run_id] = self.now
        self.events.append(run_id)

    @precondition(lambda self: self.events)
    @rule(data=st.data(), again=st.booleans())
    def its_event_comes(self, data: st.DataObject, again: bool) -> None:
        run_id = data.draw(st.sampled_from(self.events))
        if not again:
            self.events.remove(run_id)
        self._surviving(lambda: self._end(run_id))

    def _end(self, run_id: str) -> None:
        with suppress(db.Refused), db.transaction() as write:
            usage.end_in(write, run_id, self.stopped[run_id])
        usage.settle(run_id)

    @rule(account=st.sampled_from(sorted(ACCOUNTS)), plan=st.sampled_from(["researcher", "lab"]))
    def a_plan_is_changed(self, account: str, plan: str) -> None:
        Account(account).update([Account.plan.set(plan)])

    @rule(account=st.sampled_from(sorted(ACCOUNTS)), gib=st.integers(0, 600))
    def files_are_stored(self, account: str, gib: int) -> None:
        self.stored[account] = gib * catalogue.GIB

    @rule(
        length=st.one_of(
            st.integers(1, 90), st.integers(60, 4000), st.sampled_from([calendar.HOUR, STALE])
        )
    )
    def time_passes(self, length: int) -> None:
        self.now += length

    # What our schedules do

    @rule(ahead=st.sampled_from([0, 0, 0, 1, 3]))
    def use_is_metered(self, ahead: int) -> None:
        """`ahead`: our clock is so many seconds ahead of the provider's."""
        self._surviving(lambda: self._meter(ahead))

    def _meter(self, ahead: int = 0) -> None:
        running = set(self._running())
        for kind in (Kind.NOTEBOOK, Kind.CLUSTER):
            usage.record_use(kind, running.__contains__, self.now + ahead)

    @rule()
    def storage_is_sampled(self) -> None:
        self._surviving(lambda: usage.sample_storage(self.stored))

    @rule()
    def usage_is_pushed(self) -> None:
        self._surviving(lambda: outbox.push(until=self.now + 1))

    @rule()
    def months_are_closed(self) -> None:
        self._surviving(closing.close_months)

    @rule()
    def the_night_comes(self) -> None:
        self._surviving(reconcile.every_account)

    # What goes wrong

    @rule(faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=3))
    def stripe_will_fail(self, faults: list[str]) -> None:
        self.stripe.faults = faults

    @rule(calls=st.integers(0, 12), is_after=st.booleans())
    def a_process_will_die(self, calls: int, is_after: bool) -> None:
        self._at_call(calls, self._die, is_after=is_after)

    @rule(
        calls=st.integers(0, 12),
        what=st.sampled_from(["meter", "push", "event", "close"]),
    )
    def another_process_will_come_in_between(self, calls: int, what: str) -> None:
        work: dict[str, Callable[[], object]] = {
            "meter": self._meter,
            "push": lambda: outbox.push(until=self.now + 1),
            "event": self._end_all,
            "close": closing.close_months,
        }
        self._at_call(calls, work[what], is_after=False)

    def _end_all(self) -> None:
        for run_id in self.events:
            self._end(run_id)

    def _at_call(self, calls: int, act: Callable[[], object], *, is_after: bool) -> None:
        left = [calls]

        def hook(_call: Call) -> None:
            left[0] -= 1
            if left[0] < 0:
                self.armed = self.dynamodb.before = self.dynamodb.after = None
                act()

        self.armed = (None, hook) if is_after else (hook, None)

    @staticmethod
    def _die() -> None:
        raise Crash

    def _surviving(self, work: Callable[[], object]) -> None:
        if self.armed is not None:
            self.dynamodb.before, self.dynamodb.after = self.armed
        with suppress(Crash):
            work()
        self.dynamodb.before = self.dynamodb.after = None

    def _running(self) -> list[str]:
        return sorted(run_id for run_id in self.started if run_id not in self.stopped)

    # What must hold in the end

    def _settle(self) -> None:
        """Everything works again, everything stops, and time passes."""
        self.stripe.faults = []
        for run_id in self._running():
            self.stopped[run_id] = self.now
        for run_id in self.stopped:
            self._end(run_id)
        for _ in range(2):
            self.now += STALE
            self._meter()
            outbox.push(until=self.now + 1)
            reconcile.every_account()
            outbox.push(until=self.now + 1)

    def _everything_agrees(self) -> None:
        runs = usage.of(self.started)
        for run_id, started in self.started.items():
            length = max(0, self.stopped[run_id] - started)
            assert _recorded_seconds(runs[run_id]) == length
            assert runs[run_id].open_shard is None
        months = {(row.account_id, row.month) for row in UsageMonth.scan()}
        for account_id, month in months:
            _books_agree(account_id, month, self.stripe)
        self.now += 2 * calendar.HOUR
        for account_id, month in months:
            assert reconcile.account(account_id, month).findings == []


def _sign_up(account_id: str, plan: str) -> None:
    moment = clock.now()
    Account(account_id, login=account_id, name=account_id, plan=plan, created_at=moment).save()
    BillingAccount(account_id, customer_id=f"cus_{account_id}").save()


def _open(use: Use) -> None:
    with db.transaction() as write:
        usage.open_in(write, use)


def _recorded_seconds(run: Run) -> int:
    segments = Segment.query(run.id, consistent_read=True)
    return sum(segment.sign * (segment.end - segment.start) for segment in segments)


def _books_agree(account_id: str, month: str, stripe: FakeStripe) -> None:
    """Ledger, balance, Stripe's sums and the invoice: equal to the last digit."""
    entries = list(Entry.query(f"{account_id}:{month}"))
    assert sum(entry.amount for entry in entries) == 0
    owed = sum((e.amount for e in entries if e.side == "receivable"), Decimal(0))
    assert UsageMonth.get(account_id, month).amount == owed
    assert _invoice_of(account_id, month, stripe) == owed
    told: Counter[tuple[str, int]] = Counter()
    for row in _hours_of(account_id, month):
        assert row.state in ("accepted", "nothing"), (row.slot, row.state, row.outcome)
        told[row.meter, row.hour] += row.quantity
    for (meter, hour), quantity in told.items():
        name = catalogue.METERS[meter].event_name
        assert stripe.usage_of_hour(f"cus_{account_id}", name, hour) == quantity


def _invoice_of(account_id: str, month: str, stripe: FakeStripe) -> Decimal:
    start, end = calendar.month_start(month), calendar.month_end(month)
    customer_id = limits.read(account_id).customer_id or ""
    return sum(
        (
            sum(stripe.usage_by_hour(customer_id, meter.event_name, start, end).values())
            * meter.price_usd
            for meter in catalogue.METERS.values()
        ),
        Decimal(0),
    )


def _hours_of(account_id: str, month: str) -> list[MeterHour]:
    return [row for meter in catalogue.METERS for row in outbox.of_month(account_id, meter, month)]
