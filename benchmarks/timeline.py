"""When the steps of a start were reached."""

import time
from collections.abc import Sequence
from datetime import datetime

from benchmarks.figures import Figure

RESULT = "result"
"""The last step: the first cell's result is there."""


class Timeline:
    """Steps by name, in seconds since the start was asked for.

    The wall clock is read, because the service's own records count too; they are made on the
    same machine.
    """

    def __init__(self) -> None:
        self._began = time.time()
        self.steps: dict[str, float] = {}

    def reached(self, step: str) -> None:
        """This step was reached now."""
        self.steps[step] = time.time() - self._began

    def reached_at(self, step: str, moment: str) -> None:
        """This step was reached at a time of the API's (ISO 8601)."""
        self.steps[step] = datetime.fromisoformat(moment).timestamp() - self._began

    @property
    def seconds(self) -> float:
        """Until the first cell's result."""
        return self.steps[RESULT]


def step_figures(lines: Sequence[Timeline], prefix: str) -> dict[str, Figure]:
    """A figure for each step but the last, in the order of their medians."""
    names = dict.fromkeys(name for line in lines for name in line.steps if name != RESULT)
    figures = {
        f"{prefix}_until_{name}_s": Figure.of(
            [line.steps[name] for line in lines if name in line.steps]
        )
        for name in names
    }
    return dict(sorted(figures.items(), key=lambda item: item[1].median))
