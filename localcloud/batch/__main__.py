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

from localcloud.batch.faults import TYPES
from localcloud.batch.switches import Switches, SwitchRefused
from localcloud.progress import complain, say
from localcloud.settings import state_directory
from localcloud.state import Endpoint

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
    match options.do:
        case "jobs":
            _show_jobs(switches)
        case "no-capacity":
            switches.no_capacity(*options.types)
        case "capacity":
            switches.capacity()
        case "lose-spot":
            lost = switches.lose_spot(*options.names)
            say(f"Hosts lost: {', '.join(lost) or 'none, nothing like that runs'}")
        case "slow-start":
            switches.slow_start(options.seconds)
        case "quota":
            kinds = ("environments", "queues", "vcpus")
            given = {kind: getattr(options, kind) for kind in kinds}
            switches.quota(**{kind: most for kind, most in given.items() if most is not None})
        case "reset":
            switches.reset()
    say(", ".join(f"{name} {value}" for name, value in switches.faults().items()))


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
    slow = commands.add_parser("slow-start", help="let hosts take long to come up")
    slow.add_argument("seconds", type=float)
    quota = commands.add_parser("quota", help="let the account have less")
    for kind in ("environments", "queues", "vcpus"):
        quota.add_argument(f"--{kind}", type=int)
    commands.add_parser("reset", help="put everything back")
    return parser


if __name__ == "__main__":
    sys.exit(main())
