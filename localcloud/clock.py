"""The stand-in's clock, which can be ahead of the machine's: a month's bill can be seen today.

    python -m localcloud.clock advance 31d     (also 2h, 90m, 45s)
    python -m localcloud.clock show

Everything of the stand-in that tells the time to the service follows it: Stripe, the times of ECS
tasks, scheduled events, and `time.time` of the Lambda functions. It never goes back.
"""

import json
import sys
import time as machine
from pathlib import Path

from localcloud.files import write_json


class Clock:
    """The machine's clock, some whole seconds ahead."""

    def __init__(self) -> None:
        self.ahead = 0
        self._file: Path | None = None

    def keep_in(self, file: Path) -> None:
        """Go on from what an earlier run wrote to the file, and write every move there."""
        self._file = file
        if file.exists():
            self.ahead = int(json.loads(file.read_text())["ahead_seconds"])

    def time(self) -> float:
        """Seconds since 1970, as `time.time` gives them."""
        return machine.time() + self.ahead

    def seconds(self) -> int:
        """Whole seconds since 1970."""
        return int(self.time())

    def move_to(self, moment: int) -> None:
        """Make it `moment` (seconds since 1970); a moment that has passed changes nothing."""
        step = moment - self.seconds()
        if step <= 0:
            return
        self.ahead += step
        if self._file:
            write_json(self._file, {"ahead_seconds": self.ahead})


CLOCK = Clock()
"""The one clock of this process: a machine has one."""


if __name__ == "__main__":
    from localcloud.clock_command import main

    sys.exit(main())
