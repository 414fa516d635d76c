"""Lists every task, server, lease, notebook, route, slot, cluster, job and pool.

And says if any pair of them disagrees.
"""

import argparse
import sys
import time
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from ops.cloud import LOCAL, NoCloud, connect
from ops.deploy import settings
from ops.doctor import report
from ops.doctor.finding import Finding
from ops.doctor.reader import Reader
from ops.doctor.rules import examine
from ops.doctor.world import World


class Looks(Protocol):
    """Something that can look at the world as it is now."""

    def read(self) -> World:
        """The world."""


def diagnose(reader: Looks, patience: float) -> tuple[World, list[Finding]]:
    """A world, and the disagreements in it that last.

    What is read is not of one instant, and moves on meanwhile: a task stops a moment before its
    record is closed. So disagreements are looked at again after `patience` seconds.
    """
    world = reader.read()
    findings = examine(world)
    if findings:
        suspects = {(finding.rule, finding.subject) for finding in findings}
        time.sleep(patience)
        world = reader.read()
        findings = [f for f in examine(world) if (f.rule, f.subject) in suspects]
    return world, findings


def main(arguments: list[str] | None = None) -> int:
    """Run the program. Gives its exit code: 0 all agree, 1 something doesn't, 2 can't look."""
    parser = argparse.ArgumentParser(prog="python -m ops.doctor", description=__doc__)
    parser.add_argument("--stage", default=LOCAL, help="a file of ops/stages (default: local)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--patience",
        type=float,
        default=3,
        metavar="SECONDS",
        help="a disagreement counts if it is still there after this long (default: 3)",
    )
    options = parser.parse_args(arguments)
    try:
        region = None if options.stage == LOCAL else settings.load(options.stage).region
        reader = Reader(connect(options.stage, region), options.stage)
        world, findings = diagnose(reader, options.patience)
    except (NoCloud, settings.BadSettings, BotoCoreError, ClientError) as error:
        print(f"Can't look: {error}", file=sys.stderr)
        return 2
    show = report.as_json if options.json else report.as_text
    print(show(world, findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
