"""Try histories of the recorder for some minutes: `make soak-recorder MINUTES=30`."""

import sys
import tempfile
import time
from pathlib import Path

from tests.unit.notebook.fake_service import FakeService
from tests.unit.notebook.notebook_histories import Histories, try_histories
from tests.unit.notebook.parts import Notebook

AT_ONCE = 25
STEPS = 25


def main(minutes: float) -> None:
    """Try histories until the time is over; say how many held."""
    until = time.monotonic() + minutes * 60
    service = FakeService()
    with tempfile.TemporaryDirectory() as home, Notebook(service, Path(home), {}) as notebook:
        notebook.wait_until_ready()
        while time.monotonic() < until:
            try_histories(notebook, examples=AT_ONCE, steps=STEPS)
            sys.stdout.write(f"{Histories.held} histories held.\n")
            sys.stdout.flush()
        notebook.stop()
    service.close()


if __name__ == "__main__":
    main(float(sys.argv[1]))
