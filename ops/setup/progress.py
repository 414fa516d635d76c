"""Runs commands quietly, shows that they are at work, and what they said if they failed."""

import subprocess
import sys
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
    """Say what is being done, and when it is done, how long that took."""
    print(f"  {what} …", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print(" failed", flush=True)
        raise
    print(f"{_over_the_dots(what)} done in {time.monotonic() - started:.1f} s", flush=True)


def run(command: list[str | Path], *, cwd: Path, env: dict[str, str]) -> None:
    """Run a command to its end. Raises `StepFailed` with what it said if it fails."""
    with TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        _wait_showing_life(process)
        if process.returncode != 0:
            shown = " ".join(map(str, command))
            raise StepFailed(f"`{shown}` ended with {process.returncode}:\n{_ends(output)}")


def _wait_showing_life(process: subprocess.Popen[bytes]) -> None:
    while True:
        try:
            process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            if sys.stdout.isatty():
                print(".", end="", flush=True)
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
        else:
            return


def _ends(output: IO[str]) -> str:
    output.seek(0)
    said = output.read().strip()
    if len(said) <= 2 * _SHOWN_OF_A_FAILURE:
        return said
    return f"{said[:_SHOWN_OF_A_FAILURE]}\n…\n{said[-_SHOWN_OF_A_FAILURE:]}"


def _over_the_dots(what: str) -> str:
    return f"\r\033[K  {what} …" if sys.stdout.isatty() else ""
