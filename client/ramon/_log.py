"""What workers wrote, as the service tells of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

SECONDS = 10.0
"""After this long no more workers are read; a cluster may have a thousand."""


def read(ask: Callable[[str], dict[str, Any]], worker: str | None) -> list[str]:
    """The newest lines of every worker, or of this one; each with its time and its worker.

    `ask` gives a page for a query. The workers that run come first; lines that a worker wrote
    together stay together. The last line says so when it took too long to read all.
    """
    return list(_lines(ask, worker))


def _lines(ask: Callable[[str], dict[str, Any]], worker: str | None) -> Iterator[str]:
    began, asked = time.monotonic(), {"worker": worker} if worker else {}
    while True:
        page = ask(f"?{urlencode(asked)}" if asked else "")
        for line in page["lines"]:
            yield f"{line['at']} {line['worker']} {line['text']}"
        # Of one worker, the cursor leads to older lines, of which there may be very many.
        if worker or not page["next_cursor"]:
            return
        if time.monotonic() - began > SECONDS:
            yield f"… and the lines of further workers, which were not read within {SECONDS:.0f} s."
            return
        asked = {"cursor": page["next_cursor"]}
