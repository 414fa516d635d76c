"""What a benchmark answers: one line of JSON for programs, a table for people."""

import json
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from benchmarks.figures import Figure, Figures, ratio

COLUMNS = ("", "", "min", "median", "p95", "max", "n")
"""The table's columns: whose figure, its name, and what it says."""


@dataclass(frozen=True, slots=True)
class Host:
    """The machine; nothing that tells whose it is."""

    cpus: int
    """Processors that this process may use."""

    system: str
    """Kernel and architecture, such as `Linux x86_64`."""

    python: str

    load: float
    """How many processes wanted to run, on average over the last minute of the measurement."""

    @classmethod
    def here(cls) -> "Host":
        """The machine that this runs on, now."""
        return cls(
            cpus=len(os.sched_getaffinity(0)),
            system=f"{platform.system()} {platform.machine()}",
            python=platform.python_version(),
            load=round(os.getloadavg()[0], 1),
        )

    def as_json(self) -> dict[str, object]:
        """As it is reported."""
        return {
            "cpus": self.cpus,
            "system": self.system,
            "python": self.python,
            "load": self.load,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that one benchmark found out."""

    bench: str
    """Its name on the command line."""

    headline: str
    """The figure whose medians are compared; every side has it."""

    subject: Figures
    """This service."""

    floor: Figures | None
    """The least that the bare parts allow."""

    peer: Figures | None
    """Another service doing the same."""

    legend: dict[str, str] = field(default_factory=dict)
    """What the sides are, for people: `floor`, `peer`."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    host: Host = field(default_factory=Host.here)

    @property
    def ratios(self) -> dict[str, float | None]:
        """Our headline median as a multiple of the others'; None where there is no other."""
        return {"vs_floor": self._ratio(self.floor), "vs_peer": self._ratio(self.peer)}

    def _ratio(self, other: Figures | None) -> float | None:
        return ratio(self.subject[self.headline], other[self.headline]) if other else None

    def as_json(self) -> dict[str, Any]:
        """The form that every benchmark has."""
        return {
            "bench": self.bench,
            "at": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "host": self.host.as_json(),
            "subject": _as_json(self.subject),
            "floor": _as_json(self.floor),
            "peer": _as_json(self.peer),
            "ratios": self.ratios,
        }

    def as_line(self) -> str:
        """One line of JSON."""
        return json.dumps(self.as_json())

    def as_text(self) -> str:
        """A table, and the ratios below it."""
        host = self.host
        head = (
            f"{self.bench}, {self.at:%Y-%m-%d %H:%M} UTC: {host.cpus} processors,"
            f" {host.system}, Python {host.python}, load {host.load}"
        )
        rows = [COLUMNS, *self._rows()]
        return "\n".join([head, "", *_aligned(rows), "", *self._comparisons()])

    def _rows(self) -> Iterator[Sequence[str]]:
        sides = {"ours": self.subject, "floor": self.floor, "peer": self.peer}
        for side, figures in sides.items():
            for name, figure in (figures or {}).items():
                yield side, name, *_cells(figure)

    def _comparisons(self) -> Iterator[str]:
        for side, value in (("floor", self.ratios["vs_floor"]), ("peer", self.ratios["vs_peer"])):
            if value is not None:
                what = self.legend.get(side, side)
                yield f"{self.headline}: {value:.2f} times {side} ({what})"


def _as_json(figures: Figures | None) -> dict[str, dict[str, float]] | None:
    return None if figures is None else {name: each.as_json() for name, each in figures.items()}


def _cells(figure: Figure) -> tuple[str, ...]:
    p95 = "" if figure.p95 is None else f"{figure.p95:g}"
    return f"{figure.min:g}", f"{figure.median:g}", p95, f"{figure.max:g}", str(figure.n)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        names = (cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True))
        numbers = (cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True))
        yield "  ".join([*names, *numbers]).rstrip()
