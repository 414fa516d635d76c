"""A completed template of one stage as CloudFormation executes it: SAM's resources expanded."""

import copy
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from unittest.mock import patch

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

Resource = dict[str, Any]

ACCOUNT = "111122223333"
"""Stands for the AWS account: as long as every account's number."""

_VARIABLE = re.compile(r"\$\{([^}!]+)\}")


@dataclass(frozen=True)
class Template:
    """Resources by logical id, and what is known before anything exists."""

    resources: dict[str, Resource]
    parameters: dict[str, str]
    region: str
    size: int
    """Bytes of the template as it is uploaded."""

    def of_type(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Name and properties of every resource of a type such as `AWS::EC2::Subnet`."""
        for name, resource in self.resources.items():
            if resource["Type"] == kind:
                yield name, resource.get("Properties", {})

    def waits_for(self, name: str) -> set[str]:
        """Every resource that exists before `name` is made: what it names, and what those name."""
        found: set[str] = set()
        ahead = [name]
        while ahead:
            for other in self.named_by(self.resources[ahead.pop()]) - found:
                found.add(other)
                ahead.append(other)
        return found

    def named_by(self, value: Any) -> set[str]:
        """The resources that a resource, or a part of one, names."""
        return {name for name in _names(value) if name in self.resources}

    def allows(self, role: str, action: str, arn: str) -> bool:
        """Whether the policies of a role allow an action on an ARN as `text` writes it."""
        policies = self.resources[role]["Properties"].get("Policies", [])
        return any(
            action in _list(statement["Action"])
            and any(fnmatchcase(arn, self.text(each)) for each in _list(statement["Resource"]))
            for policy in policies
            for statement in policy["PolicyDocument"]["Statement"]
        )

    def text(self, value: Any) -> str:
        """A value as CloudFormation would write it; what only AWS can know stays `${Name}`."""
        known = self.parameters | {
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::AccountId": ACCOUNT,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if isinstance(value, dict) and "Ref" in value:
            value = "${" + value["Ref"] + "}"
        elif isinstance(value, dict) and "Fn::GetAtt" in value:
            value = "${" + ".".join(_attribute(value)) + "}"
        elif isinstance(value, dict) and "Fn::Join" in value:
            separator, parts = value["Fn::Join"]
            value = separator.join(map(self.text, parts))
        elif isinstance(value, dict) and isinstance(value.get("Fn::Sub"), str):
            value = value["Fn::Sub"]
        if not isinstance(value, str):
            return json.dumps(value)
        return _VARIABLE.sub(lambda found: known.get(found[1], found[0]), value)


def expand(completed: dict[str, Any], parameters: dict[str, str], region: str) -> Template:
    """What CloudFormation makes of a completed template in `region`, without asking AWS."""
    size = len(json.dumps(completed, indent=1).encode())
    source = copy.deepcopy(completed)
    with patch.dict(os.environ, {"AWS_DEFAULT_REGION": region}):
        expanded = Translator({}, Parser()).translate(source, parameters)
    return Template(expanded["Resources"], parameters, region, size)


def _names(value: Any) -> Iterator[str]:
    """Every logical id that a value names; parameters and pseudo parameters too."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif isinstance(value, dict):
        yield from _named_directly(value)
        for item in value.values():
            yield from _names(item)


def _named_directly(value: dict[str, Any]) -> Iterator[str]:
    if "Ref" in value:
        yield value["Ref"]
    if "Fn::GetAtt" in value:
        yield _attribute(value)[0]
    if "DependsOn" in value:
        given = value["DependsOn"]
        yield from [given] if isinstance(given, str) else given
    if "Fn::Sub" in value:
        text = value["Fn::Sub"]
        text = text if isinstance(text, str) else text[0]
        yield from (found.split(".")[0] for found in _VARIABLE.findall(text))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _attribute(value: dict[str, Any]) -> list[str]:
    given = value["Fn::GetAtt"]
    return given.split(".") if isinstance(given, str) else [str(part) for part in given]
