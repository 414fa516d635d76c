"""The environment of every function: the stack's answers to `core/config.py`."""

from chalicelib.core import config
from infra.cloudformation import Json, att, machine_arn, ref, staged, sub

_VALUES: Json = {
    "app_origin": ref("AppOrigin"),
    "notebook_origin_template": ref("NotebookOriginTemplate"),
    "api_url": ref("ApiUrl"),
    "github_web_base": ref("GithubWebBase"),
    "github_api_base": ref("GithubApiBase"),
    "github_secret_arn": att("GithubSecret", "Id"),
    "blobs_bucket": ref("BlobsBucket"),
    "uploads_bucket": ref("UploadsBucket"),
    "start_machine_arn": machine_arn("start_notebook"),
    "stop_machine_arn": machine_arn("stop_notebook"),
    "ecs_cluster": ref("Cluster"),
    "notebook_task_definition": staged("notebook"),
    "subnets": sub("${NotebookSubnetA},${NotebookSubnetB}"),
    "security_group": att("NotebookGroup", "GroupId"),
    "start_cluster_machine_arn": machine_arn("start_cluster"),
    "stop_cluster_machine_arn": machine_arn("stop_cluster"),
    "worker_job_definition": staged("worker"),
    "worker_security_group": att("WorkerGroup", "GroupId"),
    "worker_launch_template": ref("WorkerLaunchTemplate"),
    "worker_instance_profile": att("WorkerInstanceProfile", "Arn"),
    "worker_log_group": ref("WorkerLogs"),
    "pool_vcpus": ref("PoolVcpus"),
    "stripe_api_base": ref("StripeApiBase"),
    "stripe_secret_arn": att("StripeSecret", "Id"),
}
"""By the names of `config.Settings`. Parts of the stack are given by what needs no waiting: an
environment that named a machine's ARN by reference would close a circle."""


def global_properties() -> Json:
    """What all functions have. Raises `KeyError` for a setting without a value here."""
    variables = {name: _VALUES[setting] for setting, name in config.variables().items()}
    return {"Function": {"Environment": {"Variables": {"RAMON_STAGE": ref("Stage"), **variables}}}}
