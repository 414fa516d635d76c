"""Shows the chain: as tables for people, as JSON for programs."""

import msgspec

from chalicelib.plans.catalogue import METERS

_WIDTH = 2 + max(map(len, METERS))
"""Of a column: a heading and what keeps it apart from the one before."""


class Finding(msgspec.Struct):
    """A disagreement between two records."""

    link: str
    subject: str
    message: str


class Total(msgspec.Struct):
    """One record's own sum of a month."""

    record: str
    amount: str | None
    quantities: dict[str, int]


class Report(msgspec.Struct):
    """An account's month."""

    account_id: str
    month: str
    totals: list[Total]
    findings: list[Finding]


def as_json(reports: list[Report]) -> str:
    """One JSON document: a list of `{account_id, month, totals, findings}`; money as text."""
    return msgspec.json.format(msgspec.json.encode(reports)).decode()


def as_text(reports: list[Report]) -> str:
    """A table an account: every record's own sums, one below the other, and what differs."""
    if not reports:
        return "Nothing was used."
    findings = sum(len(report.findings) for report in reports)
    verdict = f"{findings} findings." if findings else "Everything agrees."
    return "\n\n".join([*(_table(report) for report in reports), verdict])


def _table(report: Report) -> str:
    columns = "".join(f"{meter:>{_WIDTH}}" for meter in METERS)
    return "\n".join(
        [
            f"{report.account_id}  {report.month}",
            f"  {'':16}{columns}{'dollars':>{_WIDTH}}",
            *(_line(total) for total in report.totals),
            *(f"  ! {f.link}: {f.subject}: {f.message}" for f in report.findings),
        ]
    )


def _line(total: Total) -> str:
    cells = "".join(f"{total.quantities.get(meter, ''):>{_WIDTH}}" for meter in METERS)
    return f"  {total.record:16}{cells}{total.amount or '':>{_WIDTH}}"
