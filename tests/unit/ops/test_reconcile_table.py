"""How a month's chain of records reads."""

from chalicelib.plans.catalogue import METERS
from ops.reconcile.show import Report, Total, as_text


def test_every_column_stands_apart_from_the_one_before() -> None:
    most = dict.fromkeys(METERS, 123_456_789_012_345)
    report = Report("acc_1", "2026-11", [Total("ledger", "12.5", most)], [])
    _, heading, line, *_ = as_text([report]).splitlines()
    assert heading.split() == [*METERS, "dollars"]
    assert line.split() == ["ledger", *map(str, most.values()), "12.5"]
