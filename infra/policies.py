"""The policy of each function's role: its log, the grants and the dead letters it declares."""

from infra.cloudformation import Json, allow, arn, att, policy_document
from infra.functions import UNDELIVERED, Function
from infra.grants import statements


def policy(function: Function) -> Json:
    """What a function may do. Raises `UnknownGrant`."""
    write_log = allow(
        "WriteItsLog",
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        arn("logs", f"log-group:{function.log_group_name}:*"),
    )
    granted = [each for grant in sorted(set(function.declared.may)) for each in statements(grant)]
    if function.declared.dead_letters:
        granted.append(allow("KeepWhatFailed", "sqs:SendMessage", att(UNDELIVERED, "Arn")))
    return policy_document([write_log, *_merged(granted)])


def _merged(granted: list[Json]) -> list[Json]:
    """One statement for all resources of which the same is allowed.

    A policy of IAM may not be long (`ops/checks/behaviour/limits.py`).
    """
    by_sid: dict[str, Json] = {}
    for each in granted:
        known = by_sid.setdefault(each["Sid"], each | {"Resource": []})
        to = each["Resource"]
        known["Resource"] += to if isinstance(to, list) else [to]
    return [_plain(each) for each in by_sid.values()]


def _plain(statement: Json) -> Json:
    """A list of one is that one."""
    short = {
        key: statement[key][0]
        for key in ("Action", "Resource")
        if isinstance(statement[key], list) and len(statement[key]) == 1
    }
    return statement | short
