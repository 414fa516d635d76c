"""Completes the packaged template: where the zips are, and what the state machines do."""

import copy
import json
from pathlib import Path
from typing import Any

MACHINE_SUFFIX = ".asl.json"


def complete(template: dict[str, Any], zips: dict[str, str], root: Path) -> dict[str, Any]:
    """The template as CloudFormation wants it; the given one is left alone.

    `zips` maps the addresses that `chalice package` wrote (`./deployment.zip`) to the uploaded
    ones (`s3://bucket/key`). A state machine's `DefinitionString` names its file in
    `stepfunctions/`; the file's contents take its place.
    """
    completed = copy.deepcopy(template)
    for resource in completed["Resources"].values():
        properties = resource.get("Properties", {})
        for key in ("CodeUri", "ContentUri"):
            if key in properties:
                properties[key] = zips[properties[key]]
        definition = properties.get("DefinitionString")
        if isinstance(definition, str) and definition.endswith(MACHINE_SUFFIX):
            properties["DefinitionString"] = _compact(root / definition)
    return completed


def _compact(path: Path) -> str:
    return json.dumps(json.loads(path.read_text()), separators=(",", ":"))
