"""What a function may be granted, by name: the only way from a name to a right.

A grant is one of three:

- `get, update servers`: operations of DynamoDB on the table of an entity, or on one of its indexes:
  `query servers.idle`. `keep servers` is all of them but the scan of a whole table.
- `execute stop_notebook`: begin an execution of a state machine of `stepfunctions/`.
- a name in `NAMED`, for everything else.
"""

import difflib
import re
from functools import lru_cache

from infra import machines, tables
from infra.cloudformation import Json, allow, arn, att, camel, machine_arn, sub

_OPERATIONS = {
    "batch-get": "BatchGetItem",
    "batch-write": "BatchWriteItem",
    "delete": "DeleteItem",
    "get": "GetItem",
    "put": "PutItem",
    "query": "Query",
    "scan": "Scan",
    "update": "UpdateItem",
}
_KEEP = "keep"
_ON_TABLE = re.compile(r"([a-z-]+(?:, [a-z-]+)*) ([a-z_]+)(?:\.([a-z_]+))?")
_EXECUTE = "execute "

_TASKS = arn("ecs", "task/ramon-${Stage}/*")
_JOBS = arn("batch", "job/*")
_POOLS = [
    arn("batch", "compute-environment/ramon-${Stage}-*"),
    arn("batch", "job-queue/ramon-${Stage}-*"),
]
_IN_OUR_CLUSTER = {"ArnEquals": {"ecs:cluster": att("Cluster", "Arn")}}
_CANARYS_ROWS = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["*_" + "0" * 26]}}

NAMED: dict[str, list[Json]] = {
    # Files
    "keep contents": [
        allow("KeepContents", ["s3:GetObject", "s3:PutObject"], sub("${BlobsBucket.Arn}/*")),
        # Contents are brought with the mark that nobody has claimed them, which a claim takes off.
        allow(
            "MarkContents",
            ["s3:DeleteObjectTagging", "s3:PutObjectTagging"],
            sub("${BlobsBucket.Arn}/blobs/*"),
        ),
    ],
    "purge contents": [
        allow("AbortUploads", "s3:AbortMultipartUpload", sub("${BlobsBucket.Arn}/blobs/*")),
        allow("PurgeContents", "s3:DeleteObjectVersion", sub("${BlobsBucket.Arn}/*")),
        allow("FindVersions", "s3:ListBucketVersions", att("BlobsBucket", "Arn")),
    ],
    "read manifests": [
        allow("ReadManifests", "s3:GetObject", sub("${BlobsBucket.Arn}/manifests/*"))
    ],
    # S3 tells a missing object from a forbidden one only to who may list.
    "list contents": [allow("ListContents", "s3:ListBucket", att("BlobsBucket", "Arn"))],
    "take uploads": [
        allow("TakeUploads", ["s3:GetObject", "s3:PutObject"], sub("${UploadsBucket.Arn}/*"))
    ],
    "purge uploads": [allow("PurgeUploads", "s3:DeleteObject", sub("${UploadsBucket.Arn}/*"))],
    "list uploads": [allow("ListUploads", "s3:ListBucket", att("UploadsBucket", "Arn"))],
    # Others' services
    "speak with GitHub": [
        allow("KnowGithubsSecret", "secretsmanager:GetSecretValue", att("GithubSecret", "Id"))
    ],
    "speak with Stripe": [
        allow("KnowStripesSecret", "secretsmanager:GetSecretValue", att("StripeSecret", "Id"))
    ],
    # Steps that wait for an answer: AWS binds their tokens to no resource
    "succeed waiting steps": [allow("SucceedWaitingSteps", "states:SendTaskSuccess", "*")],
    "fail waiting steps": [allow("FailWaitingSteps", "states:SendTaskFailure", "*")],
    "keep waiting steps alive": [allow("KeepWaitingStepsAlive", "states:SendTaskHeartbeat", "*")],
    # Notebooks' tasks
    "run notebook tasks": [
        allow(
            "RunNotebooks",
            "ecs:RunTask",
            arn("ecs", "task-definition/ramon-${Stage}-notebook:*"),
            _IN_OUR_CLUSTER,
        ),
        allow(
            "TagNotebooks",
            "ecs:TagResource",
            _TASKS,
            {"StringEquals": {"ecs:CreateAction": "RunTask"}},
        ),
        allow(
            "LetEcsPullTheImage",
            "iam:PassRole",
            att("NotebookExecutionRole", "Arn"),
            {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
    ],
    "list tasks": [allow("ListTasks", "ecs:ListTasks", "*", _IN_OUR_CLUSTER)],
    "describe tasks": [allow("DescribeTasks", "ecs:DescribeTasks", _TASKS)],
    "stop tasks": [allow("StopTasks", "ecs:StopTask", _TASKS)],
    "put the canary's rows": [
        allow(
            "PutTheCanarysRows",
            "dynamodb:PutItem",
            [att(tables.logical_id(name), "Arn") for name in ("notebooks", "servers", "clusters")],
            _CANARYS_ROWS,
        )
    ],
    # Clusters' jobs and computers
    "submit jobs": [
        allow(
            "SubmitWorkers",
            "batch:SubmitJob",
            [
                arn("batch", "job-definition/ramon-${Stage}-worker"),
                arn("batch", "job-definition/ramon-${Stage}-worker:*"),
                arn("batch", "job-queue/ramon-${Stage}-*"),
            ],
        ),
        allow("TagWorkers", "batch:TagResource", _JOBS),
    ],
    "terminate jobs": [allow("TerminateJobs", "batch:TerminateJob", _JOBS)],
    "describe jobs": [allow("DescribeJobs", "batch:DescribeJobs", "*")],
    "list jobs": [allow("ListJobs", "batch:ListJobs", "*")],
    "read what workers write": [
        allow(
            "ReadWhatWorkersWrite",
            "logs:GetLogEvents",
            [
                arn("logs", "log-group:/aws/batch/ramon-${Stage}-worker"),
                arn("logs", "log-group:/aws/batch/ramon-${Stage}-worker:log-stream:*"),
            ],
        )
    ],
    "describe compute environments": [
        allow("DescribeComputeEnvironments", "batch:DescribeComputeEnvironments", "*")
    ],
    "describe job queues": [allow("DescribeJobQueues", "batch:DescribeJobQueues", "*")],
    "make pools": [
        allow(
            "MakePools",
            ["batch:CreateComputeEnvironment", "batch:CreateJobQueue", "batch:TagResource"],
            _POOLS,
        ),
        allow(
            "LetHostsJoin",
            "iam:PassRole",
            att("WorkerHostRole", "Arn"),
            {
                "StringEquals": {
                    "iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]
                }
            },
        ),
    ],
    "remove pools": [
        allow(
            "RemovePools",
            [
                "batch:DeleteComputeEnvironment",
                "batch:DeleteJobQueue",
                "batch:UpdateComputeEnvironment",
                "batch:UpdateJobQueue",
            ],
            _POOLS,
        )
    ],
}
"""Grants of everything but tables and executions."""


class UnknownGrant(Exception):
    """A declaration lists a grant that nobody knows; the message says which exist."""


def statements(grant: str) -> list[Json]:
    """What a policy allows by a grant. Raises `UnknownGrant`."""
    if grant in NAMED:
        return NAMED[grant]
    if grant.startswith(_EXECUTE):
        return [_execution(grant)]
    if match := _ON_TABLE.fullmatch(grant):
        verbs, entity = match[1].split(", "), match[2]
        if entity in _indexes() or not _unknown(verbs):
            return [_on_table(grant, verbs, entity, match[3])]
    near = difflib.get_close_matches(grant, NAMED)
    hint = f" Did you mean {' or '.join(near)}?" if near else f" There are: {', '.join(NAMED)}."
    raise UnknownGrant(f"There is no grant “{grant}”.{hint}")


def _execution(grant: str) -> Json:
    machine = grant.removeprefix(_EXECUTE)
    if machine not in machines.names():
        known = ", ".join(machines.names())
        raise UnknownGrant(f"“{grant}” names no state machine. There are: {known}.")
    return allow(f"Execute{camel(machine)}", "states:StartExecution", machine_arn(machine))


def _on_table(grant: str, verbs: list[str], entity: str, index: str | None) -> Json:
    known = _indexes()
    if entity not in known:
        near = ", ".join(difflib.get_close_matches(entity, known)) or ", ".join(known)
        raise UnknownGrant(f"“{grant}” names no table. Did you mean {near}?")
    if index and index not in known[entity]:
        indexes = ", ".join(sorted(known[entity])) or "none"
        raise UnknownGrant(f"“{grant}” names no index. {entity} has: {indexes}.")
    if unknown := _unknown(verbs):
        operations = ", ".join((_KEEP, *_OPERATIONS))
        raise UnknownGrant(f"“{grant}”: there is no {unknown[0]}. There are: {operations}.")
    table = tables.logical_id(entity)
    to = sub("${" + table + ".Arn}/index/" + index) if index else att(table, "Arn")
    sid = "".join(verb.title().replace("-", "") for verb in verbs)
    return allow(sid, [f"dynamodb:{name}" for name in _operations(verbs)], to)


def _unknown(verbs: list[str]) -> list[str]:
    return [verb for verb in verbs if verb not in _OPERATIONS and verb != _KEEP]


def _operations(verbs: list[str]) -> list[str]:
    if verbs == [_KEEP]:
        return [name for verb, name in _OPERATIONS.items() if verb != "scan"]
    return [_OPERATIONS[verb] for verb in verbs]


@lru_cache(maxsize=1)
def _indexes() -> dict[str, set[str]]:
    """The indexes of each entity."""
    return {tables.entity(model): tables.index_names(model) for model in tables.models()}
