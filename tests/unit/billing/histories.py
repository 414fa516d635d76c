"""Histories of use: whatever happens, in whatever order, every second is billed once.

Tables are in this process and behave as DynamoDB's; Stripe's meters are a fake that fails when the
history says so. What the provider knows (when each thing could be used, and when it stopped) is
kept apart, and everything is held against it at the end.
"""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from chalicelib.accounts.models import Account
from chalicelib.billing import closing, outbox, reconcile
from chalicelib.billing.models import BillingAccount
from chalicelib.core import calendar, clock, db
from chalicelib.core.shards import Shards
from chalicelib.metering import hours, months, recording, stored, uses
from chalicelib.metering.models import Segment, UsageMonth, Use
from chalicelib.metering.uses import NewUse
from chalicelib.plans import catalogue
from chalicelib.plans.catalogue import Kind
from localcloud.tables import Call, Tables
from tests.unit.billing.books import books_agree
from tests.unit.billing.fake_stripe import FAULTS, FakeStripe
from tests.unit.metering.conftest import Site, sign_up

ACCOUNTS = {"acc_a": "researcher", "acc_b": "lab"}
BEGIN = calendar.month_start("2026-11") + 29 * calendar.DAY + 22 * calendar.HOUR + 1234
"""Late on the last day but one of a month, so that histories cross its end."""
STALE = 25 * calendar.HOUR
"""Longer than Stripe knows an identifier."""


HAPPENINGS = ("dies before", "dies after", "meters", "pushes", "ends", "closes")
Trouble = tuple[str, int] | None
"""What happens at which of a process's requests to the tables, if anything."""
TROUBLE: st.SearchStrategy[Trouble] = st.none() | st.tuples(
    st.sampled_from(HAPPENINGS), st.integers(0, 9)
)


class Crash(BaseException):
    """The process died at this point."""


def _die() -> None:
    raise Crash


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
        self.patch.setattr(hours, "DUE_SHARDS", Shards(1))
        self.patch.setattr(uses, "OPEN_SHARDS", Shards(1))
        self.stripe = FakeStripe(lambda: self.now)
        self.stripe.install(self.patch)
        self.started: dict[str, int] = {}
        self.stopped: dict[str, int] = {}
        self.events: list[str] = []
        self.stored: dict[str, list[tuple[int, int]]] = {}
        for account_id, plan in ACCOUNTS.items():
            sign_up(account_id, plan)
            BillingAccount(account_id, customer_id=f"cus_{account_id}").save()

    def teardown(self) -> None:
        try:
            self._settle()
            self._everything_agrees()
        finally:
            self.patch.undo()

    # What people and providers do

    @initialize()
    def something_runs(self) -> None:
        for account in ACCOUNTS:
            self._begin(account, "extra", Kind.NOTEBOOK, None)

    @rule(
        account=st.sampled_from(sorted(ACCOUNTS)),
        size=st.sampled_from(sorted(catalogue.SIZES)),
        kind=st.sampled_from([Kind.NOTEBOOK, Kind.CLUSTER]),
        spot=st.booleans(),
        payer=st.sampled_from([None, *sorted(ACCOUNTS)]),
        trouble=TROUBLE,
    )
    def something_becomes_usable(
        self, account: str, size: str, kind: Kind, spot: bool, payer: str | None, trouble: Trouble
    ) -> None:
        """Workers of a cluster may have spot computers, and another account may pay."""
        self._begin(account, size, kind, trouble, spot=spot and kind is Kind.CLUSTER, payer=payer)

    def _begin(
        self,
        account: str,
        size: str,
        kind: Kind,
        trouble: Trouble,
        *,
        spot: bool = False,
        payer: str | None = None,
    ) -> None:
        use_id = f"run_{len(self.started):03d}"
        power = catalogue.size(size)
        units = catalogue.units(vcpu=power.vcpu, memory_gib=power.memory_gib, spot=spot)
        use = NewUse(use_id, account, f"res_{size}", kind, size, size, units, self.now, payer)
        self._do(lambda: Site.open(use), trouble)
        if uses.by_ids([use_id]):  # the same transaction says that it runs
            self.started[use_id] = self.now

    @precondition(lambda self: self._running())
    @rule(data=st.data())
    def something_stops(self, data: st.DataObject) -> None:
        use_id = data.draw(st.sampled_from(self._running()))
        self.stopped[use_id] = self.now
        self.events.append(use_id)

    @precondition(lambda self: self.events)
    @rule(data=st.data(), again=st.booleans(), trouble=TROUBLE)
    def its_event_comes(self, data: st.DataObject, again: bool, trouble: Trouble) -> None:
        use_id = data.draw(st.sampled_from(self.events))
        if not again:
            self.events.remove(use_id)
        self._do(lambda: self._end(use_id), trouble)

    def _end(self, use_id: str) -> None:
        with suppress(db.Refused), db.transaction() as write:
            recording.end_in(write, use_id, self.stopped[use_id])
        recording.settle(use_id)

    def _end_all(self) -> None:
        for use_id in self.events:
            self._end(use_id)

    @rule(account=st.sampled_from(sorted(ACCOUNTS)), plan=st.sampled_from(["researcher", "lab"]))
    def a_plan_is_changed(self, account: str, plan: str) -> None:
        Account(account).update([Account.plan.set(plan)])

    @rule(length=st.integers(1, 4000))
    def time_passes(self, length: int) -> None:
        self.now += length

    # What our schedules do

    @rule(after=st.integers(0, 4000), ahead=st.sampled_from([0, 0, 0, 1, 3]), trouble=TROUBLE)
    def use_is_metered(self, after: int, ahead: int, trouble: Trouble) -> None:
        """`ahead`: our clock is so many seconds ahead of the provider's."""
        self.now += after
        self._do(lambda: self._meter(ahead), trouble)

    def _meter(self, ahead: int = 0) -> None:
        running = set(self._running())
        for kind in (Kind.NOTEBOOK, Kind.CLUSTER):
            recording.record_use(kind, running.__contains__, self.now + ahead)

    @rule(account=st.sampled_from(sorted(ACCOUNTS)), gib=st.integers(0, 600), trouble=TROUBLE)
    def storage_is_recorded(self, account: str, gib: int, trouble: Trouble) -> None:
        self.stored.setdefault(account, []).append((self.now, gib * catalogue.GIB))
        self._do(self._record_storage, trouble)

    def _record_storage(self) -> None:
        stored.record_storage(
            {
                account: stored.Stored(levels[-1][1], self._byte_seconds(account), levels[0][0])
                for account, levels in self.stored.items()
            }
        )

    def _byte_seconds(self, account: str) -> int:
        """What was stored, times how long: from each change to the next, and to now."""
        levels = self.stored[account]
        ends = [at for at, _ in levels[1:]] + [self.now]
        return sum(level * (end - start) for (start, level), end in zip(levels, ends, strict=True))

    @rule(
        after=st.sampled_from([*(0, 60, calendar.HOUR, 2 * calendar.HOUR) * 3, STALE]),
        faults=st.lists(st.sampled_from(FAULTS), max_size=4),
        trouble=TROUBLE,
    )
    def usage_is_pushed(self, after: int, faults: list[str], trouble: Trouble) -> None:
        self.now += after
        self.stripe.faults = list(faults)
        self._do(self._push, trouble)

    def _push(self) -> None:
        outbox.push(until=self.now + 1)

    @rule(trouble=TROUBLE)
    def months_are_closed(self, trouble: Trouble) -> None:
        self._do(closing.close_months, trouble)

    @rule(trouble=TROUBLE)
    def the_night_comes(self, trouble: Trouble) -> None:
        self._do(_reconcile, trouble)

    # What goes wrong

    def _do(self, work: Callable[[], object], trouble: Trouble) -> None:
        """Do some work; at one of its requests to the tables, something may happen."""
        if trouble is not None:
            what, calls = trouble
            self._at_request(calls, self._happenings()[what], is_after=what == "dies after")
        with suppress(Crash):
            work()
        self.dynamodb.before = self.dynamodb.after = None

    def _happenings(self) -> dict[str, Callable[[], object]]:
        """The process dies, or another one does its work at this very moment."""
        return {
            "dies before": _die,
            "dies after": _die,
            "meters": self._meter,
            "pushes": self._push,
            "ends": self._end_all,
            "closes": closing.close_months,
        }

    def _at_request(self, calls: int, act: Callable[[], object], *, is_after: bool) -> None:
        left = [calls]

        def hook(_call: Call) -> None:
            left[0] -= 1
            if left[0] < 0:
                self.dynamodb.before = self.dynamodb.after = None
                act()

        self.dynamodb.before, self.dynamodb.after = (None, hook) if is_after else (hook, None)

    def _running(self) -> list[str]:
        return sorted(use_id for use_id in self.started if use_id not in self.stopped)

    # What must hold in the end

    def _settle(self) -> None:
        """Everything works again, everything stops, and time passes."""
        self.stripe.faults = []
        for use_id in self._running():
            self.stopped[use_id] = self.now
        for use_id in self.stopped:
            self._end(use_id)
        self.now += STALE
        self._record_storage()
        self._everything_stored_is_charged()
        self._push()
        self.now += 2 * calendar.HOUR  # Stripe must have counted everything by then
        _reconcile()
        self._push()  # what Stripe lost, anew

    def _everything_stored_is_charged(self) -> None:
        """To the byte and second, but for what rounding up to whole MiB adds."""
        for account in self.stored:
            segments = list(Segment.query(f"storage:{account}", consistent_read=True))
            charged = sum(
                int(each.units[catalogue.STORAGE]) * catalogue.MIB * (each.end - each.start)
                for each in segments
            )
            seconds = sum(each.end - each.start for each in segments)
            over = charged - self._byte_seconds(account)
            assert 0 <= over <= seconds * (catalogue.MIB + 1)

    def _everything_agrees(self) -> None:
        found = uses.by_ids(self.started)
        for use_id, started in self.started.items():
            length = max(0, self.stopped[use_id] - started)
            assert _recorded_seconds(found[use_id]) == length
            assert found[use_id].open_shard is None
        owed = {(row.payer_id, row.month) for row in UsageMonth.scan()}
        for account_id, month in owed:
            books_agree(account_id, month, self.stripe)
        self.now += 2 * calendar.HOUR
        for account_id, month in owed:
            assert reconcile.account(account_id, month).findings == []


def _reconcile() -> None:
    for month in months.recent():
        for account_id in months.payers_of(month):
            reconcile.account(account_id, month)


def _recorded_seconds(use: Use) -> int:
    segments = Segment.query(use.id, consistent_read=True)
    return sum(segment.sign * (segment.end - segment.start) for segment in segments)
