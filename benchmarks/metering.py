"""Recording usage in the ledger and telling Stripe of it, beside bare conditional puts.

An event is a slice of a running notebook: one transaction of the ledger. The floor is one PutItem
of a segment by botocore, on condition that it isn't there. Both are measured in the AWS stand-in
(by HTTP, one after the other), and with the tables in the same process. Then everything that the
segments came to is sealed and sent, to a Stripe that only counts; and what an account costs is held
against what it costs among ten and a hundred times as many.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from benchmarks import service
from benchmarks.errors import BenchmarkError
from benchmarks.figures import Figure, Figures
from benchmarks.progress import say
from benchmarks.report import Report
from localcloud.settings import PROJECT_ROOT
from localcloud.tables import RESOURCES, definitions
from localcloud.testing import LocalCloud

SEGMENTS = 100_000
"""Segments that are sealed and sent, unless told otherwise."""

ACCOUNTS = 1000
"""Accounts that they belong to, and the notebooks of a minute's sweep."""

FEWER = (10, 100)
"""Numbers of accounts among which one should cost the same."""

SLICES = 6
"""Slices of each account's notebook, where only the number of accounts differs."""

ELSEWHERE_ACCOUNTS = 50
"""Accounts of a round in the stand-in: 300 events, 300 puts."""

STAGE = "local"

Told = Mapping[str, float]
"""What a process of `metering_work` told."""


def measure(rounds: int, segments: int = SEGMENTS) -> Report:
    """Events and puts in turns, `rounds` times; then the many segments, once."""
    elsewhere = list[Told]()
    here = {accounts: list[Told]() for accounts in (*FEWER, ACCOUNTS)}
    for number in range(1, rounds + 1):
        say(f"Round {number} of {rounds} …")
        with stand_in() as (_, variables):
            options = ("--elsewhere", "--beside-puts")
            elsewhere.append(_work(ELSEWHERE_ACCOUNTS, SLICES, *options, **variables))
        for accounts, told in here.items():
            told.append(_work(accounts, SLICES, "--beside-puts"))
    say(f"Recording {segments} segments, and sending them …")
    bill = _work(ACCOUNTS, max(1, segments // ACCOUNTS))
    return report(elsewhere, here, bill)


def report(elsewhere: Sequence[Told], here: Mapping[int, Sequence[Told]], bill: Told) -> Report:
    """All that is told of the processes: in the stand-in, by number of accounts, and the bill."""
    most = here[ACCOUNTS]
    return Report(
        bench="metering",
        headline="event_ms",
        subject={
            **_events("record", elsewhere, most),
            **_sweeps(most),
            **_bill(bill),
            **_growth(here),
            "process_peak_mib": Figure.of([told["peak_mib"] for told in elsewhere]),
        },
        floor=_events("put", elsewhere, most),
        peer=None,
        legend={"floor": "one bare conditional PutItem"},
    )


def _events(work: str, elsewhere: Sequence[Told], here: Sequence[Told]) -> Figures:
    """Of one event: in the stand-in, and with the tables in the process."""
    of_http = [told[f"{work}_s"] / told["segments"] for told in elsewhere]
    of_memory = [told[f"{work}_s"] / told["segments"] for told in here]
    return {
        "event_ms": Figure.of([1000 * each for each in of_http]),
        "events_per_s": Figure.of([1 / each for each in of_http]),
        "memory_event_ms": Figure.of([1000 * each for each in of_memory]),
        "memory_events_per_s": Figure.of([1 / each for each in of_memory]),
    }


def _sweeps(here: Sequence[Told]) -> Figures:
    """The sweep of every minute, over all notebooks."""
    return {
        f"{name}_{what}": Figure.of([told[f"{name}_{what}"] for told in here])
        for name in ("idle_sweep", "due_sweep")
        for what in ("s", "calls", "reads", "writes")
    }


def _bill(bill: Told) -> Figures:
    """The many segments. An account-hour is an hour in which one account's notebook ran."""
    once = {
        "segments": bill["segments"],
        "segments_record_s": bill["record_s"],
        "hours_sent": bill["hours"],
        "seal_and_send_s": bill["push_s"],
        "sent_per_s": bill["hours"] / bill["push_s"],
        "peak_mib": bill["peak_mib"],
        "seal_and_send_growth_mib": bill["push_growth_mib"],
    }
    units = {
        f"{step}_{what}_per_account_hour": bill[f"{work}_{what}"] / bill["account_hours"]
        for step, work in (("record", "record"), ("send", "push"))
        for what in ("writes", "reads")
    }
    return {name: Figure.of([value]) for name, value in (once | units).items()}


def _growth(here: Mapping[int, Sequence[Told]]) -> Figures:
    """What one account costs among many, as a multiple of what it costs among few."""
    few, *more = here
    return {
        f"account_{what}_{accounts}_to_{few}": Figure.of(
            [
                _of_account(many, what) / _of_account(one, what)
                for many, one in zip(here[accounts], here[few], strict=True)
            ]
        )
        for accounts in more
        for what in ("s", "writes", "reads")
    }


def _of_account(told: Told, what: str) -> float:
    return (told[f"record_{what}"] + told[f"push_{what}"]) / told["accounts"]


@contextmanager
def stand_in() -> Iterator[tuple[LocalCloud, dict[str, str]]]:
    """The AWS stand-in, the service's tables and nothing else in it; how a process finds it."""
    with service.running(deploy=False) as cloud:
        dynamodb = cloud.client("dynamodb")
        for definition in definitions(RESOURCES, STAGE):
            dynamodb.create_table(**definition)
        keys = cloud.endpoint["credentials"]
        variables = {
            "AWS_ACCESS_KEY_ID": keys["access_key_id"],
            "AWS_DEFAULT_REGION": cloud.endpoint["region"],
            "AWS_ENDPOINT_URL": cloud.endpoint["aws_endpoint_url"],
            "AWS_REGION": cloud.endpoint["region"],
            "AWS_SECRET_ACCESS_KEY": keys["secret_access_key"],
        }
        yield cloud, variables


def _work(accounts: int, slices: int, *options: str, **variables: str) -> Told:
    """One process of `metering_work`. Raises BenchmarkError with what it said, if it fails."""
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.metering_work", "--accounts", str(accounts),
         "--slices", str(slices), *options],
        cwd=PROJECT_ROOT,
        env=os.environ | {"RAMON_STAGE": STAGE} | variables,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if finished.returncode:
        raise BenchmarkError(f"Metering failed:\n{finished.stderr[-3000:]}")
    told: Told = json.loads(finished.stdout.splitlines()[-1])  # the service logs there too
    return told
