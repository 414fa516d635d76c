"""The settings of a stage: `ops/stages/<stage>.toml`, read into one checked structure."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

LOCAL = "local"
"""The stage on one's own machine."""
_LIVE_KEYS = ("sk_live", "rk_live")
"""How keys of Stripe begin with which real money moves."""
STAGES = Path(__file__).resolve().parent.parent / "stages"

Origin = Annotated[str, msgspec.Meta(pattern=r"^https?://[^/]+$")]
"""Scheme and host, without a trailing slash."""


class BadSettings(Exception):
    """The settings can't be used; the message names the file, the key and what is expected."""


class Github(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where people sign in. The default is github.com; GitHub Enterprise Server works too."""

    web_base: str = "https://github.com"
    """Base of the pages that people see."""

    api_base: str = "https://api.github.com"
    """Base of the REST API: `https://<server>/api/v3` for Enterprise Server."""

    client_id: str = ""
    """Client of the GitHub App. In a file only for the stand-in, whose client is no secret; real
    ones come from the environment variables `GITHUB_CLIENT_ID` and `GITHUB_CLIENT_SECRET`."""

    client_secret: str = ""
    """The client's secret."""

    webhook_secret: str = ""
    """With which GitHub signs webhooks; a real one from `GITHUB_WEBHOOK_SECRET`."""


class Stripe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who collects the money."""

    api_base: str = "https://api.stripe.com"
    """Base of the API."""

    api_key: str = ""
    """Secret key. In a file only for the stand-in; a real one comes from the environment variable
    `STRIPE_API_KEY`."""

    webhook_secret: str = ""
    """With which `stripe listen` signs what it passes on; from `STRIPE_WEBHOOK_SECRET`."""


class Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that differs between two deployments. The keys of a stage's file."""

    region: str
    """AWS region of the stack."""

    app_origin: Origin
    """Origin of the web application: `https://ramon.example.org`."""

    notebook_origin_template: str = ""
    """Origin of one notebook, with `{label}`. Empty: `https://{label}.notebooks.<app domain>`."""

    api_url: str = ""
    """Address of the API as notebooks reach it. Empty: `<app_origin>/api`."""

    certificate_arn: str
    """ACM certificate of `*.notebooks.<app domain>`, in `region`."""

    cloudfront_certificate_arn: str = ""
    """ACM certificate of the app domain, in us-east-1. Empty: `certificate_arn` covers both."""

    hosted_zone_id: str = ""
    """Route 53 zone in which to make the DNS records. Empty: make them from the outputs."""

    web_acl_arn: str = ""
    """WAF web ACL (scope CLOUDFRONT) before site and API. Empty: none."""

    notebook_image: str
    """Container image of notebooks (`notebook/Dockerfile`); best by digest."""

    gateway_image: str
    """Container image of the gateway (`gateway/Dockerfile`); best by digest."""

    gateways: Annotated[int, msgspec.Meta(ge=1)] = 2
    """Gateway tasks to keep running. With one, its replacement interrupts WebSockets."""

    pool_vcpus: Annotated[int, msgspec.Meta(ge=1)] = 256
    """Most processors that one account's clusters have of one kind of computers at a time."""

    log_retention_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 731] = 30
    """Days to keep logs. The values are those that CloudWatch Logs knows."""

    data_deletion_policy: Literal["RetainExceptOnCreate", "Delete"] = "RetainExceptOnCreate"
    """What becomes of tables, workspaces and secrets when the stack is deleted."""

    termination_protection: bool = False
    """Refuse to delete the stack until this is switched off again."""

    architecture: Literal["arm64", "x86_64", "machine"] = "arm64"
    """Processor of the Lambda functions. arm64 costs a fifth less for the same work, and every
    dependency has wheels for it. `machine`: that of the machine which runs the stand-in."""

    github: Github = Github()

    stripe: Stripe = Stripe()

    @property
    def app_domain(self) -> str:
        """Host of `app_origin`, without a port."""
        return urlsplit(self.app_origin).hostname or ""

    @property
    def lambda_architecture(self) -> str:
        """`arm64` or `x86_64`, as Lambda names them."""
        if self.architecture != "machine":
            return self.architecture
        return "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"


def load(
    name: str,
    *,
    port: int | None = None,
    environment: Mapping[str, str] = os.environ,
    folder: Path = STAGES,
) -> Stage:
    """Read the settings of the stage `name`. Raises `BadSettings` with what to change.

    `port` is the front door's port, for the stages that name one by `{port}`; without it, the
    environment variable `PORT`, or 8000.
    """
    path = folder / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.toml")))
        raise BadSettings(f"There is no stage {name!r}. Stages in {folder}: {known}.")
    text = path.read_text().replace("{port}", str(port or environment.get("PORT") or 8000))
    try:
        stage = msgspec.toml.decode(text, type=Stage)
    except msgspec.DecodeError as error:
        raise BadSettings(f"{path}: {error}") from error
    return msgspec.structs.replace(
        stage,
        github=_with_client(stage.github, environment),
        stripe=_with_key(name, stage.stripe, environment),
    )


def _with_key(name: str, stripe: Stripe, environment: Mapping[str, str]) -> Stripe:
    """Add the environment's key. Where the file has the stand-in's, it is the real Stripe's."""
    api_key = environment.get("STRIPE_API_KEY", "")
    if not api_key:
        return stripe
    if name == LOCAL and api_key.startswith(_LIVE_KEYS):
        raise BadSettings(
            "STRIPE_API_KEY is a live key, and the stage local is for play. Use one of a sandbox: "
            "sk_test_…"
        )
    base = Stripe() if stripe.api_key else stripe
    webhook_secret = environment.get("STRIPE_WEBHOOK_SECRET", "")
    return msgspec.structs.replace(base, api_key=api_key, webhook_secret=webhook_secret)


def is_stripe_itself(stripe: Stripe) -> bool:
    """Whether these settings lead to the real Stripe."""
    return stripe.api_base == Stripe().api_base


def _with_client(github: Github, environment: Mapping[str, str]) -> Github:
    """Add the environment's client.

    It belongs to the GitHub that the file names, unless that is the stand-in, which has a client
    of its own: then it is github.com's.
    """
    names = ("GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET")
    client_id, client_secret = (environment.get(name, "") for name in names)
    webhook_secret = environment.get("GITHUB_WEBHOOK_SECRET", "")
    if bool(client_id) != bool(client_secret):
        raise BadSettings(f"Set both {names[0]} and {names[1]}, or neither.")
    if not client_id:
        webhook_secret = webhook_secret or github.webhook_secret
        return msgspec.structs.replace(github, webhook_secret=webhook_secret)
    base = Github() if github.client_id else github
    return msgspec.structs.replace(
        base, client_id=client_id, client_secret=client_secret, webhook_secret=webhook_secret
    )


def upload_origin(bucket: str, region: str) -> str:
    """Where browsers put uploads: the bucket's regional, virtual-hosted address.

    It must be the origin of the presigned addresses that `chalicelib/core/aws.py` makes: the
    content security policy lets pages connect to no other. `make check` compares them.
    """
    return f"https://{bucket}.s3.{region}.amazonaws.com"


def parameters(name: str, stage: Stage, upload_origin: str) -> dict[str, str]:
    """The stack's parameters. `upload_origin` is where browsers put uploads."""
    return {
        "Stage": name,
        "AppDomain": stage.app_domain,
        "AppOrigin": stage.app_origin,
        "NotebookOriginTemplate": stage.notebook_origin_template
        or f"https://{{label}}.notebooks.{stage.app_domain}",
        "ApiUrl": stage.api_url or f"{stage.app_origin}/api",
        "UploadOrigin": upload_origin,
        "CertificateArn": stage.certificate_arn,
        "CloudFrontCertificateArn": stage.cloudfront_certificate_arn or stage.certificate_arn,
        "HostedZoneId": stage.hosted_zone_id,
        "WebAclArn": stage.web_acl_arn,
        "GithubWebBase": stage.github.web_base,
        "GithubApiBase": stage.github.api_base,
        "NotebookImage": stage.notebook_image,
        "GatewayImage": stage.gateway_image,
        "GatewayCount": str(stage.gateways),
        "PoolVcpus": str(stage.pool_vcpus),
        "StripeApiBase": stage.stripe.api_base,
        "LogRetentionDays": str(stage.log_retention_days),
        "DataDeletionPolicy": stage.data_deletion_policy,
    }
