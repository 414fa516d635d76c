"""Hard limits of CloudFormation, IAM and Lambda that a growing stack runs into."""

import json
from collections.abc import Iterator

from ops.checks.behaviour.template import Template

MOST_RESOURCES = 500
"""Resources of a stack, SAM's included (CloudFormation quotas)."""

LARGEST_TEMPLATE = 1_000_000
"""Bytes of a template in S3 (CloudFormation quotas: 1 MB)."""

LONGEST_POLICIES = 10_240
"""Characters of a role's inline policies together, without blanks (IAM quotas)."""

LARGEST_ENVIRONMENT = 4096
"""Bytes of a function's environment variables (Lambda quotas: 4 KB)."""

_UNKNOWN = 100
"""Characters that stand for an ARN or a name that only AWS knows; most are shorter."""


def resources(template: Template) -> Iterator[str]:
    """A stack has so many resources at most."""
    if len(template.resources) > MOST_RESOURCES:
        yield f"{len(template.resources)} resources; a stack can have {MOST_RESOURCES}."


def template_size(template: Template) -> Iterator[str]:
    """A template is so large at most."""
    if template.size > LARGEST_TEMPLATE:
        yield f"The template has {template.size} bytes; {LARGEST_TEMPLATE} are allowed."


def inline_policies(template: Template) -> Iterator[str]:
    """A role's inline policies are so long at most."""
    for name, role in template.of_type("AWS::IAM::Role"):
        documents = [policy["PolicyDocument"] for policy in role.get("Policies", [])]
        length = len(json.dumps(documents, separators=(",", ":")))
        if length > LONGEST_POLICIES:
            yield f"{name} has inline policies of {length} characters, of {LONGEST_POLICIES}."


def environments(template: Template) -> Iterator[str]:
    """A function's environment is so large at most."""
    for name, function in template.of_type("AWS::Lambda::Function"):
        variables = function.get("Environment", {}).get("Variables", {})
        texts = [key + _filled(template.text(value)) for key, value in variables.items()]
        size = len("".join(texts).encode())
        if size > LARGEST_ENVIRONMENT:
            yield f"{name} has an environment of {size} bytes, of {LARGEST_ENVIRONMENT}."


def _filled(text: str) -> str:
    return "x" * _UNKNOWN if "${" in text else text
