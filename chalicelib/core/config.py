"""Every setting of the service, and the only place that reads the environment.

Settings are read on first use, not on import, because `chalice package` and the tests import
the application without them. All missing names are reported at once.
"""

import os
from dataclasses import dataclass, fields
from functools import lru_cache

VERSION = "0.1.0"


class MissingSettings(RuntimeError):
    """The environment lacks settings; the message lists every one of them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The deployed stack's answers to "where is everything". Set by `infra/settings.py`."""

    app_origin: str
    """Origin of the web application, without a trailing slash: `https://ramon.example.org`."""

    notebook_origin_template: str
    """Origin of one notebook with `{label}` for its host label:
    `https://{label}.notebooks.ramon.example.org`."""

    api_url: str
    """Address of this API as notebooks reach it, with `/api` and without a trailing slash."""

    github_web_base: str
    """Where people sign in: `https://github.com`, or a GitHub Enterprise Server."""

    github_api_base: str
    """GitHub's REST API: `https://api.github.com`, or `https://<server>/api/v3`."""

    github_secret_arn: str
    """Secrets Manager secret with the GitHub App's `client_id`, `client_secret` and
    `webhook_secret`."""

    blobs_bucket: str
    """S3 bucket of file contents and manifests."""

    uploads_bucket: str
    """S3 bucket where browsers put files before they become something; emptied daily."""

    start_machine_arn: str
    """State machine that starts a notebook server."""

    stop_machine_arn: str
    """State machine that stops a notebook server."""

    ecs_cluster: str
    """Name or ARN of the ECS cluster that notebook tasks run in."""

    notebook_task_definition: str
    """Family (or ARN) of the notebook's task definition."""

    subnets: str
    """Subnet ids for notebook tasks, separated by commas."""

    security_group: str
    """Security group id of notebook tasks."""

    start_cluster_machine_arn: str
    """State machine that gives a cluster its workers."""

    stop_cluster_machine_arn: str
    """State machine that stops a cluster."""

    worker_job_definition: str
    """Batch job definition of workers, by name."""

    worker_security_group: str
    """Security group id of the hosts of workers."""

    worker_launch_template: str
    """Launch template id of the hosts of workers."""

    worker_instance_profile: str
    """ARN of the instance profile of the hosts of workers."""

    worker_log_group: str
    """CloudWatch log group of workers."""

    pool_vcpus: str
    """Most processors of one compute environment: a number."""

    stripe_api_base: str
    """Stripe's API: `https://api.stripe.com`."""

    stripe_secret_arn: str
    """Secrets Manager secret with `{"api_key": …, "webhook_secret": …}` of Stripe."""


_NAMES = {
    "github_web_base": "GITHUB_WEB_BASE",
    "github_api_base": "GITHUB_API_BASE",
}


def variables() -> dict[str, str]:
    """The environment variable of each setting, by the setting's name."""
    names = (field.name for field in fields(Settings))
    return {name: _NAMES.get(name, f"RAMON_{name.upper()}") for name in names}


@lru_cache(maxsize=1)
def settings() -> Settings:
    """All settings, read once. Raises `MissingSettings` naming every absent variable."""
    names = variables()
    missing = sorted(name for name in names.values() if not os.environ.get(name))
    if missing:
        raise MissingSettings(f"Set these environment variables: {', '.join(missing)}")
    return Settings(**{field: os.environ[name] for field, name in names.items()})


def stage() -> str:
    """The deployment's name (`local`, `dev`, `prod`); part of every table's name.

    Unlike the other settings it is wanted at import, where it may be absent while the
    application is being packaged.
    """
    return os.environ.get("RAMON_STAGE", "unset")
