"""What one process of the benchmark `metering` does: it prints the seconds and units as JSON.

    python -m benchmarks.metering_work --accounts 1000 --slices 100

The tables are in this process, or (`--elsewhere`) where AWS's variables say; then nothing counts
units. Stripe is a counter in this process. Time is a number that is moved on.

With the tables in this process nothing waits for anything, so processor time is what is told: other
work on the machine does not show in it. With tables elsewhere it is the time that passed.
"""

import argparse
import json
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

import botocore.session

from benchmarks.errors import BenchmarkError
from chalicelib.accounts.models import Account
from chalicelib.billing import outbox, stripe_gateway
from chalicelib.billing.models import BillingAccount
from chalicelib.billing.stripe_gateway import Delivery
from chalicelib.billing.stripe_names import event_name
from chalicelib.billing.verdicts import verdicts
from chalicelib.core import calendar, clock, config, db
from chalicelib.metering import hours, recording
from chalicelib.metering.models import Segment
from chalicelib.metering.recording import SLICE_SECONDS
from chalicelib.metering.uses import NewUse
from chalicelib.plans import catalogue
from chalicelib.plans.catalogue import Kind
from localcloud.tables import Tables, tables

BEGIN = calendar.month_start("2026-11")
PLAN = "researcher"
SIZE = "medium"
"""Larger than the plan includes: two meters have something to charge."""
MINUTE = 60
MIB = 1024 * 1024

Json = dict[str, Any]

Told = dict[str, float]
"""Seconds (`…_s`), units (`…_reads`, `…_writes`), requests (`…_calls`) and sizes by their names."""


class Work:
    """One notebook of each of many accounts, metered in slices and told to Stripe."""

    def __init__(self, accounts: int, there: Tables | None) -> None:
        self._accounts = accounts
        self._there = there
        self._seconds = time.perf_counter if there is None else time.process_time
        self.now = BEGIN
        self.counted: Counter[str] = Counter()
        self.told: Told = defaultdict(float)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Time is `now`, and Stripe the counter."""
        with (
            patch.object(clock, "seconds", lambda: self.now),
            patch.object(stripe_gateway, "report_usage", self._report_usage),
        ):
            yield

    def _report_usage(self, event: Mapping[str, Any]) -> Delivery:
        self.counted[event["event_name"]] += int(event["payload"]["value"])
        return Delivery(has_arrived=True, is_unknown=False, message="accepted")

    def begin(self) -> None:
        """Everybody signs up, subscribes and starts a notebook."""
        for number in range(self._accounts):
            account_id = f"acc_{number:020d}"
            Account(
                account_id, login="benchmark", name="Benchmark", plan=PLAN, created_at=clock.now()
            ).save()
            BillingAccount(account_id, customer_id=f"cus_{number:014d}", status="active").save()
            with db.transaction() as write:
                recording.open_in(write, _notebook(account_id, number))

    def record(self, slices: int, *, beside_puts: bool) -> None:
        """So many sweeps, in each of which every notebook is due; after each as many bare puts."""
        put = _bare_put()
        for number in range(slices):
            self.now += SLICE_SECONDS
            with self._timed("record"):
                recording.record_use(Kind.NOTEBOOK, lambda _: True, self.now)
            if beside_puts:
                segment = _a_segment().serialize()
                with self._timed("put"):
                    for account in range(self._accounts):
                        put(segment | {"use_id": {"S": f"put_{account:020d}_{number}"}})

    def push(self) -> None:
        """Every hour that is over is sealed and sent. Raises BenchmarkError if a second is lost."""
        recorded = self.now - BEGIN
        self.now = calendar.hour_of(self.now) + calendar.HOUR + hours.SEAL_AFTER
        before = _peak_bytes()
        with self._timed("push"):
            self.told["hours"] = outbox.push(until=self.now + 1)
        self.told["push_growth_mib"] = (_peak_bytes() - before) / MIB
        if self.counted != self._truth(recorded):
            raise BenchmarkError(f"Stripe was told of {dict(self.counted)} in {recorded} s.")

    def _truth(self, seconds: int) -> Mapping[str, int]:
        used = catalogue.size(SIZE).units
        included = catalogue.plan(PLAN).included_of(used)
        return {
            event_name(catalogue.METERS[meter]): (used[meter] - included[meter])
            * seconds
            * self._accounts
            for meter in used
        }

    def sweeps(self) -> None:
        """What happens every minute: nothing is due the first time, everything the second."""
        self._sweep()
        self.now += MINUTE
        with self._timed("idle_sweep"):
            self._sweep()
        self.now += SLICE_SECONDS
        with self._timed("due_sweep"):
            self._sweep()

    def _sweep(self) -> None:
        recording.record_use(Kind.NOTEBOOK, lambda _: True, self.now)
        for verdict in verdicts(Kind.NOTEBOOK):
            raise BenchmarkError(f"A notebook must stop: {verdict.message}")

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        used = self._used()
        began = self._seconds()
        yield
        self.told[f"{name}_s"] += self._seconds() - began
        for what, until_now in self._used().items():
            self.told[f"{name}_{what}"] += until_now - used[what]

    def _used(self) -> Told:
        if self._there is None:
            return {}
        return {
            "reads": sum(self._there.reads.values()),
            "writes": sum(self._there.writes.values()),
            "calls": self._there.calls.total(),
        }


def _notebook(account_id: str, number: int) -> NewUse:
    return NewUse(
        f"srv_{number:020d}", account_id, f"nb_{number:020d}", Kind.NOTEBOOK, "Benchmark", SIZE,
        catalogue.size(SIZE).units, BEGIN,
    )  # fmt: skip


def _bare_put() -> Callable[[Json], object]:
    """The floor: one item by botocore alone, on condition that it isn't there."""
    client: Any = botocore.session.get_session().create_client("dynamodb")

    def put(item: Json) -> object:
        return client.put_item(
            TableName=Segment.Meta.table_name,
            Item=item,
            ConditionExpression="attribute_not_exists(use_id)",
        )

    return put


def _a_segment() -> Segment:
    return next(iter(Segment.query("srv_" + "0" * 20, limit=1)))


def _peak_bytes() -> int:
    """The most memory that this process has had."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024  # getrusage(2): the units differ


def measured(accounts: int, slices: int, *, elsewhere: bool, beside_puts: bool) -> Told:
    """Everything that one process measures."""
    with nullcontext() if elsewhere else tables(config.stage()) as there:
        work = Work(accounts, there)
        with work.in_place():
            work.begin()
            work.record(slices, beside_puts=beside_puts)
            work.push()
            work.sweeps()
    hours = -(-slices * SLICE_SECONDS // calendar.HOUR)
    return work.told | {
        "accounts": accounts,
        "segments": accounts * slices,
        "account_hours": accounts * hours,
        "peak_mib": _peak_bytes() / MIB,
    }


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.metering_work")
    parser.add_argument("--accounts", type=int, required=True)
    parser.add_argument("--slices", type=int, required=True)
    parser.add_argument("--elsewhere", action="store_true")
    parser.add_argument("--beside-puts", action="store_true")
    options = parser.parse_args()
    if not options.elsewhere:
        # What is done once in a process must not count as the cost of few accounts.
        measured(1, 1, elsewhere=False, beside_puts=True)
    print(json.dumps(measured(**vars(options))))


if __name__ == "__main__":
    main()
