"""Figures: what is reported of many samples of the same thing."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

DIGITS = 4
"""Significant digits of a reported number; the machine's noise begins well before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Samples of one quantity; its unit is in the name it goes by (`_s`, `_ms`, `_per_s`)."""

    min: float
    median: float
    max: float
    n: int
    """How many samples there were."""

    p50: float | None = None
    """The median again, under the name that latencies have it by; only of many samples."""

    p95: float | None = None
    """95 % of the samples were no larger."""

    @classmethod
    def of(cls, samples: Sequence[float]) -> Self:
        """Of a few samples. Raises ValueError if there are none."""
        if not samples:
            raise ValueError("no samples")
        return cls(
            min=rounded(min(samples)),
            median=rounded(statistics.median(samples)),
            max=rounded(max(samples)),
            n=len(samples),
        )

    @classmethod
    def of_latencies(cls, samples: Sequence[float]) -> Self:
        """Of many samples, with percentiles. Raises ValueError if there are none."""
        few = cls.of(samples)
        return cls(
            min=few.min,
            median=few.median,
            max=few.max,
            n=few.n,
            p50=few.median,
            p95=rounded(percentile(samples, 95)),
        )

    def as_json(self) -> dict[str, float]:
        """`{"min", "median", "max", "n"}`, and of latencies `"p50"` and `"p95"`."""
        every: dict[str, float] = {
            "min": self.min,
            "median": self.median,
            "max": self.max,
            "n": self.n,
        }
        if self.p50 is not None and self.p95 is not None:
            every |= {"p50": self.p50, "p95": self.p95}
        return every


Figures = Mapping[str, Figure]
"""Figures by their names, in the order in which they are shown."""


def percentile(samples: Sequence[float], percent: float) -> float:
    """The smallest sample that `percent` % of all samples don't exceed (nearest rank)."""
    if not samples:
        raise ValueError("no samples")
    rank = math.ceil(len(samples) * percent / 100)
    return sorted(samples)[max(rank, 1) - 1]


def ratio(ours: Figure, theirs: Figure) -> float | None:
    """Our median as a multiple of theirs; None if theirs is nothing."""
    return rounded(ours.median / theirs.median) if theirs.median else None


def rounded(value: float) -> float:
    """To `DIGITS` significant digits, but never less than whole numbers."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, max(0, DIGITS - 1 - math.floor(math.log10(abs(value)))))
