"""From which version of the state a deployment moves a stack, and to which."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.cloud import Cloud
from ops.deploy.settings import LOCAL
from ops.deploy.stack import Stack
from ops.state import advice, commit, version
from ops.state.upgrades import UPGRADES
from ops.state.version import Needed, Refused, State


class OtherState(Exception):
    """The stack holds state that this code can't use; the message says what to do."""


@dataclass(frozen=True)
class Move:
    """What a deployment makes of the state."""

    steps: range
    """The versions from which records are upgraded, in this order."""

    first: State
    """What the stack says while they are."""

    last: State
    """What the stack says afterwards."""


def move(
    stage: str,
    stack: Stack | None,
    needed: Needed | None = None,
    upgrades: Mapping[int, object] = UPGRADES,
) -> Move:
    """The way from what a stack's tags say to what this code needs. Raises `OtherState`."""
    wanted = needed or version.needed()
    last = version.written_by(wanted, commit.present())
    if stack is None or not stack.was_created:
        return Move(range(0), last, last)
    there = version.from_tags(stack.tags)
    try:
        steps = version.steps(there, wanted, upgrades)
    except Refused as why:
        raise OtherState(_advice(stage, why, there, wanted)) from why
    upgraded_from = steps.start if steps else None
    return Move(steps, version.written_by(wanted, last.commit, upgraded_from), last)


def refuse_kept_tables(cloud: Cloud, stage: str) -> None:
    """Raise `OtherState` if a stack is to be made and its tables are there, kept by an earlier one.

    CloudFormation would find that out in the middle, and take everything back.
    """
    pages = cloud.client("dynamodb").get_paginator("list_tables").paginate()
    names = (name for page in pages for name in page["TableNames"])
    if kept := sorted(name for name in names if name.startswith(f"ramon-{stage}-")):
        raise OtherState(advice.about_kept_tables(stage, kept))


def caution(stage: str, needed: Needed | None = None) -> str | None:
    """What to know before people trust a stage on AWS with their work."""
    wanted = needed or version.needed()
    if stage == LOCAL or wanted.is_released:
        return None
    return (
        f"state: version {wanted.version} is not released: once its shapes change, this stage can "
        "be exported, and not upgraded"
    )


def _advice(stage: str, why: Refused, there: State | None, wanted: Needed) -> str:
    if stage != LOCAL:
        return advice.about_stack(stage, why, there, wanted)
    folder = Path(os.environ.get("STATE_DIR", ".local")).resolve()
    return advice.about_folder(folder, why, there, wanted)
