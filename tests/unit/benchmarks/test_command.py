"""`python -m benchmarks`, with measurements that take no time."""

import json
import signal
from collections.abc import Iterator

import pytest

from benchmarks import __main__ as command
from benchmarks.errors import BenchmarkError
from benchmarks.figures import Figure
from benchmarks.report import Report


def measure(rounds: int) -> Report:
    figures = {"one_s": Figure.of([1.0] * rounds)}
    return Report(bench="start", headline="one_s", subject=figures, floor=None, peer=None)


def several_fail(rounds: int) -> Report:
    raise ExceptionGroup("at once", [BenchmarkError("No kernel."), BenchmarkError("No lab.")])


def interrupted(rounds: int) -> Report:
    raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_json_is_one_line_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(command.BENCHMARKS, "start", measure)

    assert command.main(["start", "--json", "--rounds", "2"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["subject"]["one_s"]["n"] == 2


def test_people_get_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(command.BENCHMARKS, "start", measure)

    assert command.main(["start"]) == 0

    assert "ours  one_s" in capsys.readouterr().out


def test_what_went_wrong_is_said_once_and_nothing_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(command.BENCHMARKS, "start", several_fail)

    assert command.main(["start", "--json"]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "Nothing was measured. No kernel.\n"


def test_an_interrupted_measurement_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(command.BENCHMARKS, "start", interrupted)

    assert command.main(["start"]) == 130

    assert "Interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["speed"], "invalid choice: 'speed'"),
        (["start", "--rounds", "0"], "'0' is not a number from 1"),
        (["start", "--rounds", "many"], "'many' is not a number from 1"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command.main(arguments)

    assert reason in capsys.readouterr().err


@pytest.mark.parametrize("name", command.BENCHMARKS)
def test_help_says_what_each_benchmark_measures(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command.main(["--help"])

    described = [line for line in capsys.readouterr().out.splitlines() if f"  {name} " in line]
    assert described
    assert described[0].endswith(".")
