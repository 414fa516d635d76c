"""DynamoDB's tables in this very process, for property tests and benchmarks.

    with tables() as dynamodb:
        Notebook(id="nb_1", ...).save()
        assert dynamodb.calls["PutItem"] == 1

The tables are those of the stack. Every botocore client of DynamoDB in the process is answered
from them, at once: no network, no signatures. Answers and errors are the stand-in's own, so models
and transactions work as they are. `localcloud.testing` starts the whole stand-in instead.
"""

import json
import os
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
from botocore.client import BaseClient
from botocore.parsers import create_parser

from localcloud.aws.capacity import Json
from localcloud.aws.dynamodb import Answer, Engine
from localcloud.settings import PROJECT_ROOT, REGION

RESOURCES = PROJECT_ROOT / ".chalice" / "resources.json"
"""The part of the stack that `python -m infra` writes; all tables are in it."""

DEFINITION = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
)
"""What of a table's properties decides its answers."""

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""A client made here has no right anywhere, should it outlive the tables."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the service's."""

    operation: str
    """`PutItem`, `TransactWriteItems`, …"""

    request: Json
    """Its parameters, by DynamoDB's own names."""


Hook = Callable[[Call], object]
"""May raise: that is what the caller sees. Of what it asks of the tables, no hook is told."""

Units = dict[tuple[str, str], float]
"""Capacity by operation and table, such as ("Query", "ramon-local-servers")."""


class Tables:
    """Tables that are there while the context is."""

    reads: Units
    """Read units taken so far."""

    writes: Units
    """Write units taken so far, those of the tables' indexes included."""

    calls: Counter[str]
    """Requests so far, by operation."""

    before: Hook | None
    """Asked before each request: if it raises, nothing was done."""

    after: Hook | None
    """Asked after each request: if it raises, all was done, and the answer is lost."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._counting = threading.Lock()
        self._in_hook = threading.local()
        self._begin()

    def reset(self) -> None:
        """As at the beginning: no item, no hook, nothing counted."""
        self._engine.clear()
        self._begin()

    def _begin(self) -> None:
        self.reads, self.writes, self.calls = defaultdict(float), defaultdict(float), Counter()
        self.before = self.after = None

    def call(self, client: BaseClient, operation: str, request: Json) -> Json:
        """Stands in the place of a client's own way to the network."""
        call = Call(operation, request)
        self._ask(self.before, call)
        answer = self._engine.answer(operation, request)
        self._count(operation, answer)
        self._ask(self.after, call)
        return _as_told(client, operation, answer)

    def _ask(self, hook: Hook | None, call: Call) -> None:
        if hook is None or getattr(self._in_hook, "now", False):
            return
        self._in_hook.now = True
        try:
            hook(call)
        finally:
            self._in_hook.now = False

    def _count(self, operation: str, answer: Answer) -> None:
        with self._counting:
            self.calls[operation] += 1
            for used in answer.used:
                if used.reads:
                    self.reads[operation, used.table] += used.reads
                if used.writes:
                    self.writes[operation, used.table] += used.writes


@contextmanager
def tables(
    stage: str = "local", resources: Path = RESOURCES, *, weighs: bool = True
) -> Iterator[Tables]:
    """The tables of the stack, empty, as `stage` names them.

    With `weighs` False nothing is counted in units, no item is too large, and writes take half the
    time. Clients that
    were made before are answered from them too, and again by the network afterwards.
    Nothing is deleted for being old: DynamoDB promises only that it happens some day.
    Raises ValueError if a table has a form that is not understood.
    """
    engine = Engine(definitions(resources, stage), weighs=weighs)
    there = Tables(engine)
    as_ever = vars(BaseClient)["_make_api_call"]

    def call(client: BaseClient, operation: str, request: Json) -> Any:
        if client.meta.service_model.service_name == "dynamodb":
            return there.call(client, operation, request)
        return as_ever(client, operation, request)

    routed = patch.object(BaseClient, "_make_api_call", call)
    with patch.dict(os.environ, ENVIRONMENT), engine.running(), routed:
        yield there


def definitions(resources: Path, stage: str) -> Iterator[Json]:
    """Requests of CreateTable for the tables of a template."""
    for resource in json.loads(resources.read_text())["Resources"].values():
        if resource.get("Type") == "AWS::DynamoDB::Table":
            properties = resource["Properties"]
            definition = {key: properties[key] for key in DEFINITION if key in properties}
            yield definition | {"TableName": _name(properties["TableName"], stage)}


def _name(written: str | dict[str, str], stage: str) -> str:
    name = written if isinstance(written, str) else written["Fn::Sub"].replace("${Stage}", stage)
    if "${" in name:
        raise ValueError(f"a table's name depends on more than the stage: {name}")
    return name


def _as_told(client: BaseClient, operation: str, answer: Answer) -> Json:
    """The answer as a client gives it to its caller, or raises it."""
    if answer.plain:
        return answer.value | {"ResponseMetadata": {"HTTPStatusCode": answer.status}}
    service = client.meta.service_model
    told = _parsed(answer, service.operation_model(operation).output_shape)
    if answer.status < 300:
        return told
    code = told["Error"]["Code"]
    shape = service.shape_for_error_code(code)
    if shape is not None:
        told |= _parsed(answer, shape)
    error: Any = client.exceptions.from_code(code)
    raise error(told, operation)


def _parsed(answer: Answer, shape: Any) -> Json:
    """An answer by botocore's own parser: for what is not plain, and for errors."""
    response = {
        "body": msgspec.json.encode(answer.value),
        "context": {},
        "headers": {},
        "status_code": answer.status,
    }
    parsed: Json = create_parser("json").parse(response, shape)
    return parsed
