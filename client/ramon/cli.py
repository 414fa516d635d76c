"""The command `ramon`: what runs, what it costs, and an end to it; for a laptop or a notebook."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from decimal import Decimal
from getpass import getpass
from typing import Any

from ramon._account import URL, Account, Login, door
from ramon.errors import RamonError
from ramon.info import ClusterInfo, money

COLUMNS = ("name", "state", "workers", "an hour", "so far", "notebook", "id")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0, 1 for what failed, 130 for Ctrl-C."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = options.command
    try:
        command(options)
    except RamonError as error:
        return _failed(str(error), 1)
    except KeyboardInterrupt:
        return _failed("Interrupted.", 130)
    except BrokenPipeError:
        # Whoever read this has seen enough, like `head`; nothing is to be flushed any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ramon", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], None], text: str) -> Any:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        return added

    for listing, command, text in (
        ("clusters", _clusters, "List clusters that run."),
        ("usage", _usage, "Show what this month costs, and what runs costs an hour."),
    ):
        added = add(listing, command, text)
        added.add_argument("--json", action="store_true", help="for programs")
        if command is _clusters:
            added.add_argument("--all", action="store_true", help="those that stopped too")
    add("stop", _stop, "Stop a cluster.").add_argument("name", help="its name or id")
    logs = add("logs", _logs, "Show what the workers of a cluster wrote.")
    logs.add_argument("name", help="its name or id")
    logs.add_argument("--worker", help="the id of one worker")
    login = add("login", _login, "Keep an API token on this machine, for this user alone.")
    login.add_argument("--url", default=os.environ.get(URL), help="address of the service")
    return parser


def _clusters(options: argparse.Namespace) -> None:
    found = door().clusters(ended=options.all)
    if options.json:
        _json([asdict(info) for info in found])
    elif not found:
        _say("No cluster runs." if not options.all else "There are no clusters.")
    else:
        _table([COLUMNS, *map(_row, found)])


def _row(info: ClusterInfo) -> tuple[str, ...]:
    return (
        info.name,
        info.state,
        f"{info.running} of {info.wanted}",
        money(info.now_usd_hour),
        money(info.spent_usd),
        info.notebook,
        info.id,
    )


def _usage(options: argparse.Namespace) -> None:
    used = door().usage()
    if options.json:
        _json(asdict(used))
        return
    _say(f"{used}.")
    for item in used.running:
        _say(f"  {item.kind} {item.name}: {money(item.usd_hour)} an hour")


def _stop(options: argparse.Namespace) -> None:
    info = door().stop(options.name)
    _say(f"{info.name} is {info.state}. It cost {money(info.spent_usd)} so far.")


def _logs(options: argparse.Namespace) -> None:
    for line in door().logs(options.name, options.worker):
        _say(line)


def _login(options: argparse.Namespace) -> None:
    url = options.url or input("Address of Ramon's Notebooks: ").strip()
    asked = "API token (your account's page makes one): "
    token = getpass(asked) if sys.stdin.isatty() else sys.stdin.readline()
    login = Login(url, token.strip())
    used = Account(login).usage()
    _say(f"Signed in: {used}. The token is kept in {login.keep()}.")


def _table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        _say("  ".join(cells).rstrip())


def _json(value: Any) -> None:
    _say(json.dumps(value, indent=2, default=_plain))


def _plain(value: Any) -> str:
    """Money as decimal text and times as ISO 8601, as the service's API has them."""
    return format(value, "f") if isinstance(value, Decimal) else str(value.isoformat())


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _failed(message: str, status: int) -> int:
    sys.stderr.write(f"ramon: {message}\n")
    return status
