"""Reads what there is of clusters, from Batch and DynamoDB."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ops.doctor.world import Batch, Cluster, Job, OpenUse, Pool, Worker

_ACTIVE = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")

Rows = Callable[[str], Iterable[dict[str, Any]]]
"""Gives the rows of a table."""


def read(batch: Any, stage: str, rows: Rows) -> Batch:
    """Everything of a stage's clusters; `batch` is a client of AWS Batch."""
    prefix = f"{stage}-"
    queues = _names(batch, "describe_job_queues", "jobQueues", "jobQueueName", prefix)
    return Batch(
        jobs={job.id: job for queue in sorted(queues) for job in _jobs(batch, queue)},
        clusters={row["id"]: _cluster(row) for row in rows("clusters")},
        workers={row["id"]: _worker(row) for row in rows("workers")},
        pools={row["id"]: _pool(row, stage) for row in rows("cluster_pools")},
        open_uses={row["id"]: OpenUse(row["id"]) for row in rows("uses") if _is_open(row)},
        names={row["key"]: row["cluster_id"] for row in rows("cluster_names")},
        keys={row["cluster_id"]: row["cluster_id"] for row in rows("cluster_keys")},
        vcpus={row["account_id"]: int(row["vcpus"]) for row in rows("cluster_slots")},
        environments=_names(
            batch,
            "describe_compute_environments",
            "computeEnvironments",
            "computeEnvironmentName",
            prefix,
        ),
        queues=queues,
    )


def _names(batch: Any, operation: str, listed: str, name: str, prefix: str) -> frozenset[str]:
    pages = batch.get_paginator(operation).paginate()
    names = (str(each[name]) for page in pages for each in page[listed])
    return frozenset(each for each in names if each.startswith(prefix))


def _jobs(batch: Any, queue: str) -> Iterator[Job]:
    for status in _ACTIVE:
        for page in batch.get_paginator("list_jobs").paginate(jobQueue=queue, jobStatus=status):
            for job in page["jobSummaryList"]:
                yield Job(job["jobId"], job["jobName"], job["status"])


def _is_open(row: dict[str, Any]) -> bool:
    return row["kind"] == "cluster" and "open_shard" in row and "ended_at" not in row


def _cluster(row: dict[str, Any]) -> Cluster:
    lease = row.get("lease_expires_at")
    return Cluster(
        id=row["id"],
        account_id=row["account_id"],
        notebook_id=row["notebook_id"],
        server_id=row["server_id"],
        name=row["name"],
        state=row["state"],
        is_in_sweeps="live" in row,
        members=int(row["members"]),
        vcpus=int(row["wanted"]) * int(row["vcpu"]),
        lease_expires_at=None if lease is None else int(lease),
    )


def _worker(row: dict[str, Any]) -> Worker:
    return Worker(
        id=row["id"],
        cluster_id=row["cluster_id"],
        job_id=row.get("job_id"),
        is_leaving="leaving" in row,
        is_live="ended_at" not in row,
    )


def _pool(row: dict[str, Any], stage: str) -> Pool:
    return Pool(row["id"], f"{stage}-{row['account_id']}-{row['kind']}", row["state"])
