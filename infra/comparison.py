"""What functions may do now and could not before, and the other way round."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.cloudformation import Json

Right = tuple[str, str, str]
"""An action, what it may be done to, and the condition on which; empty without one."""

_POLICIES = "policy-*.json"


def differences(before: dict[str, Json], after: dict[str, Json]) -> Iterator[str]:
    """A line for each right that a policy has gained (+) or lost (-), by the policy's file.

    A right is compared by what it allows: how a policy is arranged makes no difference.
    """
    for name in sorted(before.keys() | after.keys()):
        old, new = (rights(side[name]) if name in side else set() for side in (before, after))
        yield from (f"+ {_line(name, right)}" for right in sorted(new - old))
        yield from (f"- {_line(name, right)}" for right in sorted(old - new))


def rights(policy: Json) -> set[Right]:
    """Every single right of a policy."""
    return {
        (action, _text(resource), _text(statement.get("Condition")))
        for statement in policy["Statement"]
        for action in _many(statement["Action"])
        for resource in _many(statement["Resource"])
    }


def committed(commit: str, folder: Path) -> dict[str, Json]:
    """The policies of a folder in a commit, by their files. Raises `CalledProcessError`."""
    listing = _git(folder, "ls-tree", "--name-only", commit, "./").split()
    names = [name for name in listing if Path(name).match(_POLICIES)]
    return {name: json.loads(_git(folder, "show", f"{commit}:./{name}")) for name in names}


def policies(files: dict[str, str]) -> dict[str, Json]:
    """The policies among the files of `.chalice/`."""
    return {name: json.loads(text) for name, text in files.items() if Path(name).match(_POLICIES)}


def _line(name: str, right: Right) -> str:
    function = name.removeprefix("policy-").removesuffix(".json")
    return "  ".join(filter(None, (function, *right)))


def _text(value: Any) -> str:
    """A resource or condition as a person reads it."""
    if isinstance(value, str) or value is None:
        return value or ""
    if list(value) == ["Fn::GetAtt"]:
        return ".".join(value["Fn::GetAtt"])
    if list(value) == ["Fn::Sub"]:
        return str(value["Fn::Sub"])
    return json.dumps(value, sort_keys=True)


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _git(folder: Path, *arguments: str) -> str:
    said = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return said.stdout
