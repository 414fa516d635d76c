"""All files of `.chalice/`, as they should be."""

import json
from collections.abc import Iterator
from pathlib import Path

from infra import (
    alarms,
    api,
    buckets,
    cdn,
    dns,
    functions,
    load_balancer,
    logs,
    machines,
    network,
    parameters,
    policies,
    secrets,
    security_groups,
    settings,
    state,
    tables,
    tasks,
    workers,
)
from infra.cloudformation import Json, Resources


def files() -> dict[str, str]:
    """The contents of each file, by its name in `.chalice/`.

    Raises `functions.Undeclared`, `grants.UnknownGrant` and `tables.Unclear`.
    """
    found = functions.functions()
    documents = {
        "config.json": functions.chalice_config(found),
        "resources.json": template(found),
        "state.json": state.document(),
        **{each.policy_file: policies.policy(each) for each in found},
    }
    return {name: _written(document) for name, document in documents.items()}


def stale(folder: Path, files: dict[str, str]) -> Iterator[str]:
    """Names of files that are missing, differ, or are none of ours."""
    written = {path.name for path in folder.glob("*.json")}
    for name, text in files.items():
        if name not in written or (folder / name).read_text(encoding="utf-8") != text:
            yield name
    yield from sorted(written - files.keys())


def write(folder: Path, files: dict[str, str]) -> None:
    """Write all files, and remove those that are none of ours."""
    for name in list(stale(folder, files)):
        if name in files:
            (folder / name).write_text(files[name], encoding="utf-8")
        else:
            (folder / name).unlink()


def template(found: list[functions.Function]) -> Json:
    """What `chalice package` adds to the functions and the API that it makes."""
    return {
        "Description": "Ramon's Notebooks. Written by `python -m infra`; `chalice package` adds "
        "the Lambda functions and the REST API, and `python -m ops.deploy` deploys the result.",
        "Transform": ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"],
        "Parameters": parameters.parameters(),
        "Conditions": parameters.conditions(),
        "Mappings": parameters.mappings(),
        "Globals": settings.global_properties(),
        "Resources": _resources(found),
        "Outputs": parameters.outputs(),
    }


def _resources(found: list[functions.Function]) -> Resources:
    return {
        **network.resources(),
        **security_groups.resources(),
        **tables.resources(),
        **buckets.resources(),
        **secrets.resources(),
        **logs.resources(),
        **tasks.resources(),
        **workers.resources(),
        **load_balancer.resources(),
        **machines.resources(),
        **functions.resources(found),
        **alarms.resources(found),
        **api.resources(),
        **cdn.resources(),
        **dns.resources(),
    }


def _written(document: Json) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
