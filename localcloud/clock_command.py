"""The command line of the clock (see `localcloud.clock`)."""

import argparse
import http.client
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from localcloud.progress import complain, say
from localcloud.settings import state_directory
from localcloud.state import Endpoint

PATH = "/_stand_in/clock"

UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}

DONE = "Done."
"""The last line of a move that was made whole."""

NOT_RUNNING = (
    "The local cloud of {folder} is not running: start it with `make run`, then move its clock. "
    "If it was started with another STATE_DIR, set the same here."
)


def main(arguments: list[str] | None = None) -> int:
    """Show or move the clock of the running local cloud; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        port = int(str(Endpoint(state_directory()).read()["port"]))
        return _advance(port, options.by) if options.do == "advance" else _show(port)
    except (FileNotFoundError, ConnectionError):
        complain(NOT_RUNNING.format(folder=state_directory()))
        return 1


def duration(text: str) -> int:
    """Seconds of `31d`, `2h`, `90m`, `45s`, `1d12h`."""
    if not re.fullmatch(r"(\d+[dhms])+", text):
        raise argparse.ArgumentTypeError("write it as 31d, 2h, 90m or 45s")
    return sum(int(count) * UNITS[unit] for count, unit in re.findall(r"(\d+)([dhms])", text))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m localcloud.clock", description=__doc__)
    commands = parser.add_subparsers(dest="do", required=True)
    commands.add_parser("show", help="tell what time it is")
    advance = commands.add_parser("advance", help="move it ahead; it never goes back")
    advance.add_argument("by", type=duration, help="how far: 31d, 2h, 90m, 45s")
    return parser


def _show(port: int) -> int:
    answer = json.loads("".join(_request(port, "GET")))
    now = datetime.fromtimestamp(answer["now"], UTC)
    say(f"{now:%Y-%m-%d %H:%M:%S} UTC, {answer['ahead_seconds']} seconds ahead.")
    return 0


def _advance(port: int, seconds: int) -> int:
    last = ""
    for last in move(port, seconds):
        say(last)
    return 0 if last == DONE else 1


def move(port: int, seconds: int) -> Iterator[str]:
    """Move the clock of the local cloud at a port; gives its lines as they come, DONE at last."""
    for line in _request(port, "POST", json.dumps({"advance_seconds": seconds})):
        yield line.rstrip("\n")


def _request(port: int, method: str, body: str | None = None) -> Iterator[str]:
    """The lines of the answer, as they arrive."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request(method, PATH, body, {"Content-Type": "application/json"})
        for line in connection.getresponse():
            yield line.decode()
    finally:
        connection.close()
