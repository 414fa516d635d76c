"""Metering's benchmark: a few notebooks, with tables in this process, and what is told of them."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks import metering, metering_work
from benchmarks.errors import BenchmarkError
from chalicelib.billing import stripe_gateway
from chalicelib.billing.stripe_gateway import Delivery
from chalicelib.metering import ledger

TOLD = {
    "accounts": 10, "segments": 60, "account_hours": 10, "hours": 20, "peak_mib": 100.0,
    "push_growth_mib": 1.0, "record_s": 6.0, "put_s": 3.0, "push_s": 2.0,
    **{
        f"{step}_{what}": 50.0
        for step in ("record", "push", "idle_sweep", "due_sweep")
        for what in ("reads", "writes", "calls")
    },
    "idle_sweep_s": 1.0, "due_sweep_s": 2.0,
}  # fmt: skip


@pytest.fixture
def told() -> Mapping[str, float]:
    return metering_work.measured(3, 7, elsewhere=False, beside_puts=True)


def test_every_slice_is_one_transaction_and_beside_it_one_put(told: Mapping[str, float]) -> None:
    assert (told["segments"], told["account_hours"]) == (21, 6)
    assert told["put_calls"] == 21
    assert told["record_writes"] > told["put_writes"] > 0


def test_every_hour_and_meter_is_sent(told: Mapping[str, float]) -> None:
    assert told["hours"] == 3 * 2 * 2
    assert told["push_writes"] > 0


def test_a_sweep_in_which_nothing_is_due_writes_its_place_at_most(
    told: Mapping[str, float],
) -> None:
    assert told["idle_sweep_writes"] <= 2
    assert told["due_sweep_writes"] > 0


def test_a_sweep_asks_no_more_often_for_many_accounts_than_for_few(
    told: Mapping[str, float],
) -> None:
    many = metering_work.measured(30, 7, elsewhere=False, beside_puts=False)

    assert many["idle_sweep_calls"] == told["idle_sweep_calls"]


def test_sums_that_are_not_what_was_used_are_no_measurement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ledger.Line, "billable", property(lambda line: line.quantity))

    with pytest.raises(BenchmarkError, match="Stripe was told"):
        metering_work.measured(1, 1, elsewhere=False, beside_puts=False)


def test_afterwards_usage_goes_to_stripe_again(told: Mapping[str, float]) -> None:
    assert stripe_gateway.report_usage.__module__ == stripe_gateway.__name__
    assert stripe_gateway.Delivery is Delivery


def test_a_process_prints_what_it_measured() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "benchmarks.metering_work", "--accounts", "1", "--slices", "1"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert json.loads(printed.stdout)["segments"] == 1


def test_one_event_is_compared_with_one_put() -> None:
    here = {10: [TOLD], 100: [TOLD], 1000: [TOLD]}

    report = metering.report([TOLD], here, TOLD)

    assert report.ratios == {"vs_floor": 2.0, "vs_peer": None}
    assert report.subject["event_ms"].median == 100
    assert report.subject["record_writes_per_account_hour"].median == 5


def test_what_an_account_costs_among_many_is_told_as_a_ratio() -> None:
    dearer: dict[str, Any] = TOLD | {"record_s": 14.0, "record_writes": 150.0}

    report = metering.report([TOLD], {10: [TOLD], 100: [TOLD], 1000: [dearer]}, TOLD)

    assert report.subject["account_s_100_to_10"].median == 1
    assert report.subject["account_s_1000_to_10"].median == 2
    assert report.subject["account_writes_1000_to_10"].median == 2


def test_a_process_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, stdout="", stderr="Tables are gone.")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)

    with pytest.raises(BenchmarkError, match=r"Tables are gone\."):
        metering.measure(1)


def test_the_number_of_segments_belongs_to_metering(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["api", "--segments", "10"])

    assert "--segments belongs to metering" in capsys.readouterr().err
