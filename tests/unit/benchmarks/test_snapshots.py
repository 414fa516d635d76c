"""The benchmark of snapshots: few files, with tables and S3 in this process."""

import pytest

from benchmarks import snapshots, snapshots_work
from tests.lost_answers import Wire

TOLD = {
    f"{name}_{what}": [seconds, seconds, seconds]
    for name, seconds in (
        ("put", 0.01),
        ("duplicate_many", 0.03),
        ("duplicate_few", 0.02),
        ("delete_thousand", 0.5),
        ("change_one", 0.4),
    )
    for what in ("s", "cpu_s")
}


def test_every_round_measures_each_thing_once(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots_work, "DELETES", 5)

    told = snapshots_work.measured(20, 2)

    assert told.keys() == TOLD.keys()
    assert {len(seconds) for seconds in told.values()} == {2}
    assert [row for row in wire.rows_of("ramon-local-snapshots") if row["seq"]["N"] == "3"]


def test_a_duplicate_of_many_is_told_beside_one_of_few_and_beside_a_bare_write() -> None:
    report = snapshots.report(TOLD)

    assert report.subject["duplicate_many_to_few"].median == 1.5
    assert report.ratios["vs_floor"] == 3
    assert report.subject["delete_thousand_cpu_ms"].median == 500
