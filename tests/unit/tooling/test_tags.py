"""What is created in AWS carries its owner's tags, or nobody could say whose it is."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import botocore.session
from botocore import xform_name

from chalicelib.clusters import batch
from chalicelib.notebooks import fargate
from chalicelib.plans.catalogue import SIZES
from localcloud.settings import PROJECT_ROOT

CREATES = ("create_", "register_", "run_", "submit_", "start_")
"""How operations begin that make something."""
TAGS = ("tags", "Tags", "TagSpecifications", "tagList")


class Made(NamedTuple):
    """A call of ours that makes something in AWS."""

    file: str
    line: int
    service: str
    operation: str
    arguments: frozenset[str]


def _calls(source: Path) -> Iterator[Made]:
    for node in ast.walk(ast.parse(source.read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(
                    attr=operation,
                    value=ast.Call(
                        func=ast.Attribute(attr="client"), args=[ast.Constant(value=str(service))]
                    ),
                ),
                keywords=keywords,
            ) if operation.startswith(CREATES):
                given = frozenset(keyword.arg or "**" for keyword in keywords)
                yield Made(source.name, node.lineno, service, operation, given)


def _takes_tags(made: Made) -> str | None:
    """The name of the operation's argument for tags; None if it makes nothing that has any."""
    model = botocore.session.get_session().get_service_model(made.service)
    name = next(name for name in model.operation_names if xform_name(name) == made.operation)
    shape = model.operation_model(name).input_shape
    return next((tag for tag in TAGS if shape and tag in shape.members), None)


def _ours() -> list[Made]:
    sources = sorted((PROJECT_ROOT / "chalicelib").rglob("*.py"))
    return [made for source in sources for made in _calls(source)]


def test_every_call_that_creates_something_gives_it_tags() -> None:
    taggable = [(made, tags) for made in _ours() if (tags := _takes_tags(made))]

    assert [made.operation for made, _ in taggable], "no call that creates something was found"
    for made, tags in taggable:
        assert tags in made.arguments, made


def test_a_call_without_tags_would_be_found(tmp_path: Path) -> None:
    source = tmp_path / "adapter.py"
    source.write_text('aws.client("batch").submit_job(jobName="j", jobQueue="q")')

    (made,) = _calls(source)

    assert _takes_tags(made) == "tags"
    assert "tags" not in made.arguments


def test_tags_name_the_account_the_resource_and_the_stage() -> None:
    launch = fargate.Launch("srv_1", "nb_1", "acc_1", SIZES["small"], 20, {})

    assert {tag["key"]: tag["value"] for tag in fargate.tags(launch)} == {
        "ramon:account": "acc_1",
        "ramon:resource": "nb_1",
        "ramon:stage": "local",
    }


def test_a_clusters_jobs_and_computers_have_the_same_tags() -> None:
    assert batch.tags("acc_1", "cl_1") == {
        "ramon:account": "acc_1",
        "ramon:resource": "cl_1",
        "ramon:stage": "local",
    }
