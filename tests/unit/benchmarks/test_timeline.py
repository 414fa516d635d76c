"""The steps of a start."""

from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.timeline import Timeline, step_figures


def line(**steps: float) -> Timeline:
    made = Timeline()
    made.steps |= steps
    return made


def test_a_step_of_the_services_records_counts_from_the_same_moment() -> None:
    timeline = Timeline()
    timeline.reached("accepted")
    soon = datetime.now(UTC) + timedelta(seconds=100)

    timeline.reached_at("ready", soon.isoformat().replace("+00:00", "Z"))

    assert 0 <= timeline.steps["accepted"] < timeline.steps["ready"]
    assert timeline.steps["ready"] == pytest.approx(100, abs=5)


def test_a_start_takes_until_its_result() -> None:
    assert line(ready=1.0, result=2.5).seconds == 2.5


def test_steps_are_told_in_the_order_in_which_they_are_reached() -> None:
    figures = step_figures([line(ready=2.0, booting=1.0, result=3.0)] * 2, "one")

    assert list(figures) == ["one_until_booting_s", "one_until_ready_s"]
    assert figures["one_until_ready_s"].n == 2


def test_a_step_that_one_start_did_not_report_is_told_of_the_others() -> None:
    figures = step_figures([line(booting=1.0, result=3.0), line(result=3.0)], "one")

    assert figures["one_until_booting_s"].n == 1
