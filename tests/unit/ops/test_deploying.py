"""The parts of the deploy program, beside a real CloudFormation, S3, Secrets Manager and ECR."""

import json
from pathlib import Path
from typing import Any

import pytest

from localcloud.testing import LocalCloud
from ops import images
from ops.deploy import secret, service_roles
from ops.deploy.settings import Github
from ops.deploy.site import Site, cache_control, content_type
from ops.deploy.stack import Deployment, DeploymentFailed, Stacks

BUCKET = "ramon-test-artifacts"
CLIENT = Github(client_id="Iv1.x", client_secret="first")


@pytest.fixture(scope="module", autouse=True)
def artifacts(aws: LocalCloud) -> None:
    aws.client("s3").create_bucket(Bucket=BUCKET)


def _deployment(aws: LocalCloud, name: str, resources: dict[str, Any], **tags: str) -> Deployment:
    template = {"Resources": resources, "Outputs": {"Answer": {"Value": "42"}}}
    aws.client("s3").put_object(Bucket=BUCKET, Key=f"{name}.json", Body=json.dumps(template))
    url = f"{aws.endpoint['aws_endpoint_url']}/{BUCKET}/{name}.json"
    return Deployment(name, url, {}, tags)


def _topic(name: str) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}


BROKEN = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}}
"""A bucket that is there already."""


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def stacks(aws: LocalCloud, said: list[str]) -> Stacks:
    return Stacks(aws.client("cloudformation"), said.append, poll_seconds=0.05)


def test_a_stack_is_created_then_updated_then_left_alone(
    aws: LocalCloud, stacks: Stacks, said: list[str]
) -> None:
    first = _deployment(aws, "grows", {"One": _topic("one")}, version="1")
    second = _deployment(aws, "grows", {"One": _topic("one"), "Two": _topic("two")}, version="2")

    assert stacks.find("grows") is None
    created = stacks.deploy(first)
    updated = stacks.deploy(second)
    again = stacks.deploy(second)

    assert created.outputs == {"Answer": "42"}
    assert (created.tags["version"], updated.tags["version"]) == ("1", "2")
    assert again.is_good
    assert any("One" in line for line in said)
    assert any("Two" in line for line in said)


def test_a_creation_that_fails_names_the_resource_and_the_reason_and_can_be_repeated(
    aws: LocalCloud, stacks: Stacks
) -> None:
    with pytest.raises(DeploymentFailed) as caught:
        stacks.deploy(_deployment(aws, "breaks", {"Good": _topic("good"), "Bad": BROKEN}))

    assert "Bad (AWS::S3::Bucket): " in str(caught.value)

    assert stacks.deploy(_deployment(aws, "breaks", {"Good": _topic("good")})).is_good


def test_an_update_that_fails_leaves_the_stack_as_it_was(aws: LocalCloud, stacks: Stacks) -> None:
    stacks.deploy(_deployment(aws, "stays", {"Good": _topic("stays")}, version="1"))

    with pytest.raises(DeploymentFailed, match="UPDATE_ROLLBACK_COMPLETE"):
        stacks.deploy(
            _deployment(aws, "stays", {"Good": _topic("stays"), "Bad": BROKEN}, version="2")
        )

    left = stacks.find("stays")
    assert left is not None
    assert not left.is_good
    assert stacks.deploy(_deployment(aws, "stays", {"Good": _topic("stays")}, version="3")).is_good


def test_the_github_client_is_written_once_and_kept_unless_told_otherwise(aws: LocalCloud) -> None:
    secrets = aws.client("secretsmanager")
    arn = secrets.create_secret(Name="github")["ARN"]
    other = Github(client_id="Iv1.y", client_secret="second")

    assert secret.keep(secrets, arn, Github(), overwrite=False).startswith("MISSING")
    assert secret.keep(secrets, arn, CLIENT, overwrite=False) == "written"
    assert secret.keep(secrets, arn, CLIENT, overwrite=False) == "unchanged"
    assert secret.keep(secrets, arn, Github(), overwrite=False) == "kept"
    assert secret.keep(secrets, arn, other, overwrite=False).startswith("kept")
    assert json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"]) == {
        "client_id": "Iv1.x",
        "client_secret": "first",
    }
    assert secret.keep(secrets, arn, other, overwrite=True) == "written"


def test_the_secret_of_githubs_webhooks_is_added_to_a_client_that_is_there(
    aws: LocalCloud,
) -> None:
    secrets = aws.client("secretsmanager")
    arn = secrets.create_secret(Name="github-webhooks")["ARN"]
    secret.keep(secrets, arn, CLIENT, overwrite=False)

    assert secret.keep(secrets, arn, Github(webhook_secret="w"), overwrite=False) == "written"

    kept = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    assert kept == {"client_id": "Iv1.x", "client_secret": "first", "webhook_secret": "w"}


def test_a_site_is_published_file_by_file_as_it_changes(aws: LocalCloud, tmp_path: Path) -> None:
    s3, cloudfront = aws.client("s3"), aws.client("cloudfront")
    s3.create_bucket(Bucket="ramon-test-site")
    site = Site(s3, cloudfront, "ramon-test-site", _distribution(cloudfront))
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "app-1a2b.js").write_text("run()")
    (tmp_path / "index.html").write_text("<!doctype html>")

    assert site.publish(tmp_path) == 2
    assert site.publish(tmp_path) == 0
    (tmp_path / "index.html").write_text("<!doctype html><title>New</title>")
    assert site.publish(tmp_path) == 1

    page = s3.get_object(Bucket="ramon-test-site", Key="index.html")
    script = s3.get_object(Bucket="ramon-test-site", Key="assets/app-1a2b.js")
    assert page["Body"].read() == b"<!doctype html><title>New</title>"
    assert (page["ContentType"], page["CacheControl"]) == ("text/html; charset=utf-8", "no-cache")
    assert script["CacheControl"] == "public, max-age=31536000, immutable"


def _distribution(cloudfront: Any) -> str:
    config = {
        "CallerReference": "test",
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [{"Id": "site", "DomainName": "example.org"}]},
        "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "allow-all"},
    }
    return str(cloudfront.create_distribution(DistributionConfig=config)["Distribution"]["Id"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("app.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml; charset=utf-8"),
        ("site.webmanifest", "application/manifest+json"),
        ("font.woff2", "font/woff2"),
        ("photo.png", "image/png"),
        ("unknown.zzz", "application/octet-stream"),
    ],
)
def test_files_have_the_media_type_that_browsers_insist_on(name: str, expected: str) -> None:
    assert content_type(Path(name)) == expected


def test_only_files_whose_names_change_with_them_are_kept_by_browsers() -> None:
    assert "immutable" in cache_control("assets/index-1a2b.js")
    assert cache_control("index.html") == "no-cache"


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker that writes down what it is asked to do; it fails on images called broken."""
    log = tmp_path / "docker.log"
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {log}\n'
        f'[ "$1" != login ] || cat >> {log}\ncase "$*" in *broken*) exit 3;; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return log


def test_an_image_is_built_for_fargate_and_pushed_to_a_repository_made_for_it(
    aws: LocalCloud, docker: Path
) -> None:
    ecr = aws.client("ecr")
    registry = "111122223333.dkr.ecr.us-east-1.amazonaws.com"

    for tag in ("1", "2"):  # the second finds the repository there
        images.publish(f"{registry}/ramon/notebook:{tag}", Path("notebook"), ecr)

    [repository] = ecr.describe_repositories()["repositories"]
    assert repository["repositoryName"] == "ramon/notebook"
    assert repository["imageTagMutability"] == "IMMUTABLE"
    said = docker.read_text()
    assert f"login --username AWS --password-stdin {registry}\n" in said
    assert f"--platform linux/amd64 --tag {registry}/ramon/notebook:2 notebook\n" in said
    assert f"build --build-context client={images.ROOT / 'client'} " in said
    assert said.endswith(f"push {registry}/ramon/notebook:2\n")


def test_an_image_that_cannot_be_built_is_not_pushed(aws: LocalCloud, docker: Path) -> None:
    with pytest.raises(images.DockerFailed, match="`docker build` ended with 3"):
        images.publish("registry.example.org/broken:1", Path("notebook"), aws.client("ecr"))

    assert "push" not in docker.read_text()


def test_service_linked_roles_are_created_once(aws: LocalCloud) -> None:
    iam = aws.client("iam")

    assert service_roles.ensure(iam) == list(service_roles.SERVICES)
    assert service_roles.ensure(iam) == []


def test_a_stack_tells_the_resources_that_it_was_deployed_from(
    aws: LocalCloud, stacks: Stacks
) -> None:
    given = {"One": _topic("told")}
    stack = stacks.deploy(_deployment(aws, "tells", given))

    assert stacks.resources(stack) == given
