"""Builds the container images of a stage with Docker, and pushes them where its settings say.

Repositories of Elastic Container Registry are made when they are missing, with tags that never
move: a new image needs a new tag in `ops/stages/<stage>.toml`. For another registry, sign in
with `docker login` before.
"""

import argparse
import base64
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.cloud import NoCloud, connect
from ops.deploy import settings

ROOT = Path(__file__).resolve().parent.parent
_ECR = re.compile(r"^(?P<registry>\d{12}\.dkr\.ecr\.[\w-]+\.amazonaws\.com)/(?P<repository>[^:@]+)")


class DockerFailed(Exception):
    """A docker command failed; it has said itself why."""


def publish(image: str, folder: Path, ecr: Any) -> None:
    """Build `folder` as `image` for Fargate's x86-64, and push it. Raises `DockerFailed`."""
    if found := _ECR.match(image):
        _ensure_repository(ecr, found["repository"])
        _sign_in(ecr, found["registry"])
    library = f"client={ROOT / 'client'}"
    _docker(
        *("build", "--build-context", library, "--platform", "linux/amd64"),
        *("--tag", image, str(folder)),
    )
    _docker("push", image)


def _ensure_repository(ecr: Any, name: str) -> None:
    try:
        ecr.create_repository(
            repositoryName=name,
            imageTagMutability="IMMUTABLE",
            imageScanningConfiguration={"scanOnPush": True},
        )
    except ecr.exceptions.RepositoryAlreadyExistsException:
        return


def _sign_in(ecr: Any, registry: str) -> None:
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    _docker("login", "--username", user, "--password-stdin", registry, stdin=password)


def _docker(*arguments: str, stdin: str | None = None) -> None:
    try:
        subprocess.run(["docker", *arguments], input=stdin, text=True, check=True)
    except FileNotFoundError as error:
        raise DockerFailed("There is no `docker` on this machine.") from error
    except subprocess.CalledProcessError as error:
        raise DockerFailed(f"`docker {arguments[0]}` ended with {error.returncode}.") from error


def main(arguments: list[str] | None = None) -> int:
    """Run the program. Gives its exit code."""
    parser = argparse.ArgumentParser(prog="python -m ops.images", description=__doc__)
    parser.add_argument("--stage", required=True, help="a file of ops/stages, such as dev")
    name = parser.parse_args(arguments).stage
    try:
        stage = settings.load(name)
        ecr = connect(name, stage.region).client("ecr")
        publish(stage.notebook_image, ROOT / "notebook", ecr)
        publish(stage.gateway_image, ROOT / "gateway", ecr)
    except (settings.BadSettings, NoCloud, DockerFailed, BotoCoreError, ClientError) as error:
        print(f"\nNot pushed. {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
