"""What outlives its stack."""

from collections.abc import Iterator
from typing import Any

from ops.checks.behaviour.template import Template

_KEPT = ("Retain", "RetainExceptOnCreate")


def what_is_kept_names_only_what_is_kept(template: Template) -> Iterator[str]:
    """Deleting a stack leaves nothing behind that needs something which is gone with it."""
    for name, resource in template.resources.items():
        if _is_kept(template, resource):
            for other in sorted(template.named_by(resource.get("Properties"))):
                if not _is_kept(template, template.resources[other]):
                    yield f"{name} is kept when the stack goes, and names {other}, which is not."


def _is_kept(template: Template, resource: dict[str, Any]) -> bool:
    return template.text(resource.get("DeletionPolicy", "Delete")) in _KEPT
