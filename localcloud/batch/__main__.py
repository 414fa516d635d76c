"""Lets things go wrong in the Batch of the running local cloud.

python -m localcloud.batch jobs
python -m localcloud.batch no-capacity SPOT         (also EC2; none named: both)
python -m localcloud.batch capacity
python -m localcloud.batch lose-spot JOB_OR_COMPUTE_ENVIRONMENT ...
python -m localcloud.batch slow-start 30
python -m localcloud.batch quota --environments 2 --vcpus 16
python -m localcloud.batch reset
"""

import argparse
import sys
from collections.abc import Callable

from localcloud.batch.faults import TYPES
from localcloud.batch.switches import Switches, SwitchRefused
from localcloud.progress import complain, say
from localcloud.settings import state_directory
from localcloud.state import Endpoint

QUOTAS = ("environments", "queues", "vcpus")
"""What the account can have less of."""

NOT_RUNNING = "The local cloud is not running: start it with `make run`."


def main(arguments: list[str] | None = None) -> int:
    """Carry out one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        port = int(str(Endpoint(state_directory()).read()["port"]))
        _carry_out(Switches(port), options)
    except (FileNotFoundError, ConnectionError):
        complain(NOT_RUNNING)
    except SwitchRefused as error:
        complain(str(error))
    else:
        return 0
    return 1


def _carry_out(switches: Switches, options: argparse.Namespace) -> None:
    commands: dict[str, Callable[[], None]] = {
        "jobs": lambda: _show_jobs(switches),
        "no-capacity": lambda: switches.no_capacity(*options.types),
        "capacity": switches.capacity,
        "lose-spot": lambda: _lose_spot(switches, options.names),
        "slow-start": lambda: switches.slow_start(options.seconds),
        "slow-changes": lambda: switches.slow_changes(options.seconds),
        "quota": lambda: _set_quota(switches, options),
        "reset": switches.reset,
    }
    commands[options.do]()
    say(", ".join(f"{name} {value}" for name, value in switches.faults().items()))


def _lose_spot(switches: Switches, names: list[str]) -> None:
    lost = switches.lose_spot(*names)
    say(f"Hosts lost: {', '.join(lost) or 'none, nothing like that runs'}")


def _set_quota(switches: Switches, options: argparse.Namespace) -> None:
    given = {kind: getattr(options, kind) for kind in QUOTAS}
    switches.quota(**{kind: most for kind, most in given.items() if most is not None})


def _show_jobs(switches: Switches) -> None:
    for job in switches.jobs():
        about = [job["environment"], job["pid"] and f"process {job['pid']}", job["reason"]]
        say(f"{job['id']}  {job['name']}  {job['status']}  {', '.join(filter(None, about))}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m localcloud.batch",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="do", required=True)
    commands.add_parser("jobs", help="show the jobs")
    none_left = commands.add_parser("no-capacity", help="let EC2 have no hosts")
    none_left.add_argument("types", nargs="*", metavar="TYPE", help=", ".join(TYPES))
    commands.add_parser("capacity", help="let EC2 have hosts again")
    lose = commands.add_parser("lose-spot", help="let hosts vanish")
    lose.add_argument("names", nargs="+", help="ids of jobs, names of compute environments")
    slow_start = commands.add_parser("slow-start", help="let hosts take long to come up")
    slow_changes = commands.add_parser("slow-changes", help="let environments and queues take long")
    for slow in (slow_start, slow_changes):
        slow.add_argument("seconds", type=float)
    quota = commands.add_parser("quota", help="let the account have less")
    for kind in QUOTAS:
        quota.add_argument(f"--{kind}", type=int)
    commands.add_parser("reset", help="put everything back")
    return parser


if __name__ == "__main__":
    sys.exit(main())
