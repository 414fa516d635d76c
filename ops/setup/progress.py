"""Runs commands quietly, says which are at work, and what they said if they failed."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

_SHOWN_OF_A_FAILURE = 2000
"""Characters of a failed command's output that are shown of its start and of its end: npm says
first what is wrong, uv last."""


class StepFailed(RuntimeError):
    """A step of setup could not be done; the message tells a person what to do."""


@contextmanager
def announced(what: str) -> Iterator[None]:
    """Say what is being done, and when it is done, how long that took.

    Each in a line of its own: other things are being done at the same time.
    """
    _tell(f"{what} …")
    started = time.monotonic()
    try:
        yield
    except BaseException:
        _tell(f"{what} failed")
        raise
    _tell(f"{what} done in {time.monotonic() - started:.1f} s")


def _tell(line: str) -> None:
    # In one piece: `print` writes a line's end by itself.
    print(f"  {line}\n", end="", flush=True)


def run(command: list[str | Path], *, cwd: Path, env: dict[str, str]) -> None:
    """Run a command to its end. Raises `StepFailed` with what it said if it fails."""
    with TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
        if process.returncode != 0:
            shown = " ".join(map(str, command))
            raise StepFailed(f"`{shown}` ended with {process.returncode}:\n{_ends(output)}")


def _ends(output: IO[str]) -> str:
    output.seek(0)
    said = output.read().strip()
    if len(said) <= 2 * _SHOWN_OF_A_FAILURE:
        return said
    return f"{said[:_SHOWN_OF_A_FAILURE]}\n…\n{said[-_SHOWN_OF_A_FAILURE:]}"
