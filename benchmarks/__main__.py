"""`python -m benchmarks NAME [--json]`: measure, and print the report."""

import argparse
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from aiohttp import ClientError

from benchmarks import api, cluster, coldstart, echo, metering, snapshots, start
from benchmarks.errors import BenchmarkError
from benchmarks.report import Report

BENCHMARKS: dict[str, Callable[..., Report]] = {
    "start": start.measure,
    "echo": echo.measure,
    "api": api.measure,
    "cluster": cluster.measure,
    "coldstart": coldstart.measure,
    "metering": metering.measure,
    "snapshots": snapshots.measure,
}
"""What can be measured, by name; each takes the number of rounds, and some more."""

ROUNDS = 3
"""How often the sides take turns unless told otherwise."""


def main(arguments: list[str] | None = None) -> int:
    """Measure one thing; returns the exit status."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        report = _measured(options)
    except KeyboardInterrupt:
        print("\nInterrupted; everything that was started has ended.", file=sys.stderr)
        return 130
    if report is None:
        return 1
    print(report.as_line() if options.json else report.as_text())
    return 0


def _measured(options: argparse.Namespace) -> Report | None:
    """The report, or None after saying why there is none."""
    report = None
    more = {} if options.segments is None else {"segments": options.segments}
    try:
        report = BENCHMARKS[options.name](options.rounds, **more)
    except* (BenchmarkError, ClientError, OSError) as errors:
        first = _first(errors)
        print(f"Nothing was measured. {str(first) or repr(first)}", file=sys.stderr)
    return report


def _first(error: BaseException) -> BaseException:
    """The first of the errors that happened at once."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the service beside its peers, on this machine and in one run.",
        epilog="\n".join(f"  {name:9} {_summary(each)}" for name, each in BENCHMARKS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=BENCHMARKS, help="what to measure")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument(
        "--rounds", type=_count, default=ROUNDS, help=f"turns of each side ({ROUNDS})"
    )
    parser.add_argument(
        "--segments",
        type=_count,
        help=f"of metering: segments that are sealed and sent ({metering.SEGMENTS})",
    )
    options = parser.parse_args(arguments)
    if options.segments is not None and options.name != "metering":
        parser.error("--segments belongs to metering")
    return options


def _summary(measure: Callable[..., Report]) -> str:
    """The first line of the benchmark's own description."""
    return (sys.modules[measure.__module__].__doc__ or "").partition("\n")[0]


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return int(text)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
