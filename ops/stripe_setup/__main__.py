"""Makes what is sold and webhooks at Stripe, sees to subscriptions' meters, keeps the keys."""

import argparse
import sys

from botocore.exceptions import BotoCoreError, ClientError

from ops.cloud import LOCAL, Cloud, NoCloud, connect
from ops.deploy import settings
from ops.stripe_setup.keys import Vault
from ops.stripe_setup.setup import NotSetUp, Target, set_up


def main(arguments: list[str] | None = None) -> int:
    """Run the program. Gives its exit code."""
    parser = argparse.ArgumentParser(prog="python -m ops.stripe_setup", description=__doc__)
    parser.add_argument("--stage", default=LOCAL, help="a file of ops/stages (default: local)")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    options = parser.parse_args(arguments)
    try:
        count = set_up(_target(options.stage), print, dry_run=options.dry_run)
    except (NotSetUp, NoCloud, settings.BadSettings, BotoCoreError, ClientError) as error:
        print(f"Not set up. {error}", file=sys.stderr)
        return 1
    print(f"Changes: {count}." if count else "Nothing has changed.")
    return 0


def _target(name: str) -> Target:
    cloud = connect(name, None if name == LOCAL else settings.load(name).region)
    stage = settings.load(name, port=cloud.port) if name == LOCAL else settings.load(name)
    return Target(name, stage, Vault(cloud.client("secretsmanager"), _secret_arn(cloud, name)))


def _secret_arn(cloud: Cloud, name: str) -> str:
    stacks = cloud.client("cloudformation").describe_stacks(StackName=f"ramon-{name}")["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stacks[0].get("Outputs", [])}
    if "StripeSecretArn" not in outputs:
        raise NotSetUp(f"The stack ramon-{name} is not there yet: deploy it first.")
    return str(outputs["StripeSecretArn"])


if __name__ == "__main__":
    sys.exit(main())
