"""Prints the chain from what ran to the invoice, account by account, and whatever differs.

    python -m ops.reconcile --month 2026-11

The deployed function `reconcile_month` looks, with its own rights; this shows what it says.
"""

import argparse
import json
import sys
from datetime import UTC, datetime

import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ops.cloud import LOCAL, Cloud, NoCloud, connect
from ops.deploy import settings
from ops.reconcile import show
from ops.reconcile.show import Report

_PATIENCE = Config(read_timeout=900, retries={"total_max_attempts": 1})
"""As long as the function may take."""


class NotReconciled(Exception):
    """The function failed; the message is what it said."""


def main(arguments: list[str] | None = None) -> int:
    """Run the program. Gives its exit code: 0 all agrees, 1 something doesn't, 2 can't look."""
    parser = argparse.ArgumentParser(prog="python -m ops.reconcile", description=__doc__)
    parser.add_argument("--stage", default=LOCAL, help="a file of ops/stages (default: local)")
    parser.add_argument("--month", help="such as 2026-11 (default: the present month, UTC)")
    parser.add_argument("--account", help="only this account (acc_…)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    try:
        month = _month(options.month)
        region = None if options.stage == LOCAL else settings.load(options.stage).region
        cloud = connect(options.stage, region)
        reports = ask(cloud, options.stage, {"month": month, "account_id": options.account})
    except (NoCloud, NotReconciled, settings.BadSettings, BotoCoreError, ClientError) as error:
        print(f"Can't look: {error}", file=sys.stderr)
        return 2
    print(show.as_json(reports) if options.json else show.as_text(reports))
    return 1 if any(each.findings for each in reports) else 0


def _month(text: str | None) -> str:
    if text is None:
        return datetime.now(UTC).strftime("%Y-%m")
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).strftime("%Y-%m")
    except ValueError as error:
        raise NotReconciled(f"{text!r} is no month such as 2026-11.") from error


def ask(cloud: Cloud, stage: str, wanted: dict[str, str | None]) -> list[Report]:
    """What the deployed function says. Raises `NotReconciled`."""
    answer = cloud.client("lambda", _PATIENCE).invoke(
        FunctionName=f"ramon-{stage}-reconcile-month", Payload=json.dumps(wanted)
    )
    said = answer["Payload"].read()
    if "FunctionError" in answer:
        raise NotReconciled(said.decode())
    return msgspec.json.decode(said, type=list[Report])


if __name__ == "__main__":
    sys.exit(main())
