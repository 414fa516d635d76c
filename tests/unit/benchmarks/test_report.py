"""The form of a benchmark's answer."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
import pytest
from msgspec import UNSET, Meta, UnsetType

from benchmarks.figures import Figure, Figures
from benchmarks.report import Host, Report


class FigureForm(msgspec.Struct, forbid_unknown_fields=True):
    min: float
    median: float
    max: float
    n: Annotated[int, Meta(ge=1)]
    p50: float | UnsetType = UNSET
    p95: float | UnsetType = UNSET


class RatiosForm(msgspec.Struct, forbid_unknown_fields=True):
    vs_floor: float | None
    vs_peer: float | None


class ReportForm(msgspec.Struct, forbid_unknown_fields=True):
    """The form that every benchmark's answer has."""

    bench: str
    at: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    host: dict[str, float | str]
    subject: dict[str, FigureForm]
    floor: dict[str, FigureForm] | None
    peer: dict[str, FigureForm] | None
    ratios: RatiosForm


OURS: Figures = {
    "one_s": Figure.of([3.0, 1.0, 2.0]),
    "read_ms": Figure.of_latencies([1.0, 2.0, 3.0]),
}
THEIRS: Figures = {"one_s": Figure.of([4.0])}


def report(*, floor: Figures | None = None, peer: Figures | None = None) -> Report:
    return Report(
        bench="start",
        headline="one_s",
        subject=OURS,
        floor=floor,
        peer=peer,
        legend={"peer": "somebody else"},
        at=datetime(2026, 11, 22, 22, 50, 0, 999, tzinfo=UTC),
        host=Host(cpus=2, system="Linux x86_64", python="3.11.2", load=0.5),
    )


@pytest.mark.parametrize("floor", [None, THEIRS])
@pytest.mark.parametrize("peer", [None, THEIRS])
def test_a_report_is_one_line_of_the_agreed_form(
    floor: Figures | None, peer: Figures | None
) -> None:
    line = report(floor=floor, peer=peer).as_line()

    assert "\n" not in line
    told = msgspec.json.decode(line, type=ReportForm)
    assert (told.floor is None, told.peer is None) == (floor is None, peer is None)


def test_ratios_are_of_the_headlines_medians() -> None:
    told = report(floor={"one_s": Figure.of([1.0])}, peer=THEIRS).as_json()

    assert told["ratios"] == {"vs_floor": 2.0, "vs_peer": 0.5}


def test_there_is_no_ratio_to_who_is_not_there() -> None:
    assert report().as_json()["ratios"] == {"vs_floor": None, "vs_peer": None}


def test_the_time_is_in_whole_seconds_of_utc() -> None:
    assert report().as_json()["at"] == "2026-11-22T22:50:00Z"


def test_the_table_shows_every_figure_and_what_it_is_compared_with() -> None:
    assert report(peer=THEIRS).as_text().splitlines() == [
        "start, 2026-11-22 22:50 UTC: 2 processors, Linux x86_64, Python 3.11.2, load 0.5",
        "",
        "               min  median  p95  max  n",
        "ours  one_s      1       2         3  3",
        "ours  read_ms    1       2    3    3  3",
        "peer  one_s      4       4         4  1",
        "",
        "one_s: 0.50 times peer (somebody else)",
    ]


def test_the_host_is_told_without_its_name() -> None:
    host = Host.here().as_json()

    assert host.keys() == {"cpus", "system", "python", "load"}
    assert isinstance(host["cpus"], int)
