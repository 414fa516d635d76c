"""Deploys the stack of a stage, its secret and its site: to AWS, or to the stand-in."""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from ops import stripe_setup
from ops.cloud import LOCAL, Cloud, NoCloud, connect
from ops.deploy import indexes, package, secret, service_roles, settings, state, template
from ops.deploy.bucket import ArtifactBucket
from ops.deploy.settings import upload_origin
from ops.deploy.site import Site
from ops.deploy.stack import Deployment, DeploymentFailed, Stack, Stacks
from ops.state import upgrades
from ops.stripe_setup.keys import Vault

_FINGERPRINT = "ramon:fingerprint"
"""Tag of a stack: what it was deployed from."""

_EXPECTED = (
    settings.BadSettings,
    NoCloud,
    package.PackagingFailed,
    DeploymentFailed,
    state.OtherState,
    stripe_setup.NotSetUp,
    BotoCoreError,
    ClientError,
)
"""Errors that tell a person what is wrong; any other is a mistake in this program."""


class Deployer:
    """One run of the program for one stage."""

    def __init__(self, name: str, port: int | None) -> None:
        self.name = name
        self.started = time.monotonic()
        if name == LOCAL:
            self.cloud = connect(name)
            self.stage = settings.load(name, port=port or self.cloud.port)
        else:
            self.stage = settings.load(name)
            self.cloud = connect(name, self.stage.region)
        self.stacks = Stacks(
            self.cloud.client("cloudformation"), self.say, 0.2 if name == LOCAL else 3
        )

    def say(self, line: str) -> None:
        """Print a line with the seconds since the start."""
        print(f"{time.monotonic() - self.started:6.1f} s  {line}", flush=True)

    def stack(self) -> Stack:
        """Deploy the stack, unless it is deployed as it is."""
        name = f"ramon-{self.name}"
        parameters = settings.parameters(self.name, self.stage, _upload_origin(self.cloud, name))
        fingerprint = package.fingerprint(parameters, self.stage.lambda_architecture)
        current = self.stacks.settled(name)
        if current is None:
            state.refuse_kept_tables(self.cloud, self.name)
        move = state.move(self.name, current)
        same = current and current.is_good and current.tags.get(_FINGERPRINT) == fingerprint
        if current and same and not move.steps:
            self.say(f"stack {name}: unchanged")
            return current
        if caution := state.caution(self.name):
            self.say(caution)
        self.say("packaging")
        built = package.build(self.name, self.stage.lambda_architecture)
        if current and current.is_good:
            self._refuse_two_indexes(current, built)
        if made := service_roles.ensure(self.cloud.client("iam")):
            self.say(f"service-linked roles: created for {', '.join(made)}")
        url = self._upload(built)
        self.say(f"stack {name}: {len(built.template['Resources'])} resources")
        tags = {"ramon:stage": self.name, _FINGERPRINT: fingerprint}
        wanted = Deployment(name, url, parameters, tags)
        return self.deploy(wanted, move)

    def deploy(self, wanted: Deployment, move: state.Move) -> Stack:
        """Deploy a stack, and upgrade its records; its tags say whether that is done."""
        stack = self.stacks.deploy(replace(wanted, tags=wanted.tags | move.first.tags))
        if not move.steps:
            return stack
        upgrades.run(upgrades.Place(self.cloud, self.name, self.say), move.steps)
        return self.stacks.deploy(replace(wanted, tags=wanted.tags | move.last.tags))

    def _refuse_two_indexes(self, current: Stack, built: package.Package) -> None:
        """Say so before anything is changed. Raises `DeploymentFailed`."""
        deployed = self.stacks.resources(current)
        if why := list(indexes.refused(deployed, built.template["Resources"])):
            raise DeploymentFailed("\n  ".join(["CloudFormation would refuse this.", *why]))

    def _upload(self, built: package.Package) -> str:
        bucket = ArtifactBucket(self.cloud, self.name)
        bucket.ensure()
        zips = {name: bucket.upload_zip(path) for name, path in built.zips.items()}
        completed = template.complete(built.template, zips, package.ROOT)
        return bucket.upload_template(json.dumps(completed, indent=1))

    def protect(self, stack: Stack) -> None:
        """Switch the protection against deletion on or off."""
        self.cloud.client("cloudformation").update_termination_protection(
            StackName=stack.id, EnableTerminationProtection=self.stage.termination_protection
        )

    def secret(self, stack: Stack, *, overwrite: bool) -> None:
        """See to the GitHub client's secret."""
        state = secret.keep(
            self.cloud.client("secretsmanager"),
            stack.outputs["GithubSecretArn"],
            self.stage.github,
            overwrite=overwrite,
        )
        self.say(f"GitHub client: {state}")

    def stripe(self, stack: Stack) -> None:
        """See to what is sold, and where Stripe tells of payments, if there is a key for it."""
        vault = Vault(self.cloud.client("secretsmanager"), stack.outputs["StripeSecretArn"])
        target = stripe_setup.Target(self.name, self.stage, vault)
        try:
            changes = stripe_setup.set_up(target, self.say)
        except stripe_setup.NotSetUp as error:
            if self.name == LOCAL:
                raise
            self.say(f"Stripe: NOT SET UP. {error}")
        else:
            self.say(f"Stripe: {changes or 'no'} changes")

    def site(self, stack: Stack, folder: Path) -> None:
        """Publish the frontend, if it has been built."""
        if not (folder / "index.html").exists():
            self.say(f"site: {folder} holds no build, nothing published")
            return
        site = Site(
            self.cloud.client("s3"),
            self.cloud.client("cloudfront"),
            stack.outputs["SiteBucket"],
            stack.outputs["DistributionId"],
        )
        self.say(f"site: {site.publish(folder)} files published")


def _upload_origin(cloud: Cloud, name: str) -> str:
    return cloud.endpoint_url or upload_origin(f"{name}-{cloud.account}-uploads", cloud.region)


def main(arguments: list[str] | None = None) -> int:
    """Run the program. Gives its exit code."""
    parser = argparse.ArgumentParser(prog="python -m ops.deploy", description=__doc__)
    parser.add_argument("--stage", required=True, help="a file of ops/stages, such as dev")
    parser.add_argument("--port", type=int, help="front door of the stand-in (default: $PORT)")
    parser.add_argument(
        "--replace-github-client",
        action="store_true",
        help="write GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET over the stored ones",
    )
    options = parser.parse_args(arguments)
    try:
        deployer = Deployer(options.stage, options.port)
        stack = deployer.stack()
        deployer.protect(stack)
        deployer.secret(stack, overwrite=options.replace_github_client or options.stage == LOCAL)
        deployer.stripe(stack)
        deployer.site(stack, package.ROOT / "frontend" / "dist")
    except _EXPECTED as error:
        print(f"\nNot deployed. {error}", file=sys.stderr)
        return 1
    if options.stage != LOCAL:
        for key, value in sorted(stack.outputs.items()):
            print(f"  {key:26}{value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
