"""What lies between botocore and AWS, for tests: each request is done, and an answer may be lost.

    with network() as wire:
        wire.lose(3)
        service.commit(...)
        assert wire.lost == 1

botocore runs as it is, its own repetitions included; only the socket is missing. DynamoDB and S3
are the stand-in's, in this process, with the tables of the stack. botocore waits no time between
its tries, the clock stands still, and secrets are numbers in a row; so two runs of one story are
equal, and `tests/endings.py` compares them.
"""

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from functools import partialmethod
from io import BytesIO
from itertools import count
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session
from botocore.retries.quota import RetryQuota
from botocore.retries.standard import ExponentialBackoff
from ministack.core.responses import request_scope
from ministack.services import s3

from chalicelib.core import aws, clock, config, db
from infra import buckets
from localcloud.aws import bucket_lifecycle, lifecycle, object_tags
from localcloud.aws.dynamodb import WRITES, Engine
from localcloud.settings import ACCOUNT, REGION
from localcloud.tables import RESOURCES, Tables, definitions

Said = tuple[int, dict[str, str], bytes]
"""Status, headers and body of an answer."""

Act = Callable[[], object]
Story = Callable[[], Act]
"""Prepares a world, and gives the operation that is to be tried in it."""

TRIES = 1 + db.BaseMeta.max_retry_attempts
"""How often botocore sends a request to DynamoDB before it gives up."""

READS = ("BatchGetItem", "GetItem", "Query", "Scan", "GET ", "HEAD ")
"""How requests begin that change nothing."""

BUCKETS = ("blobs", "uploads")
VERSIONED = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
"""As in the stack, the bucket of contents keeps versions."""
LIFECYCLES = {
    bucket: bucket_lifecycle.document(
        buckets.resources()[f"{bucket.title()}Bucket"]["Properties"]["LifecycleConfiguration"]
    )
    for bucket in BUCKETS
}
"""The rules of the stack's buckets."""

_BOTOCORES_WAY = vars(BaseClient)["_make_api_call"]
MARKS = ("write_1", "write_2", "write_3", "write_4")
"""What a write leaves in an item to be recognised by: different in each run."""


class Wire:
    """The way of every request of this process, and what is to happen on it."""

    done: list[str]
    """Requests that were done, oldest first, such as "PutItem ramon-local-snapshots"."""

    lost: int
    """Answers that were lost."""

    begins: datetime
    """The time at which every story begins."""

    now: datetime
    """The time of the clock; it stands until a story moves it."""

    fresh: list[Act]
    """Done at the beginning of every story, such as making a new fake."""

    others: dict[str, Callable[[dict[str, Any]], dict[str, Any]]]
    """Answers of other services, by operation: its parameters to what it tells. Raises `Error`."""

    forgets_tokens: bool
    """Whether DynamoDB knows no transaction again: a fault, for tests that must fail."""

    meanwhile: Callable[[], object] | None
    """Done once, between a request whose answer is lost and its repetition."""

    def __init__(self, engine: Engine, tables: list[str]) -> None:
        self._engine, self._tables, self._one = engine, tables, threading.RLock()
        self.numbers = count(1)
        self.fresh, self._is_short, self.others = [], False, {}
        self._short = Tables(engine)
        self.begins = datetime.now(UTC)
        self.clear()

    def calm(self) -> None:
        """From now on every answer arrives. Counting begins anew."""
        self.done, self.lost, self.meanwhile = [], 0, None
        self.tokens: list[str] = []
        self._refusing: list[str] = []
        self.forgets_tokens = False
        self._interruption: tuple[str, Act] | None = None
        self._at: tuple[int, Act] | None = None
        self.stop_losing()

    def clear(self) -> None:
        """As at the beginning: no item, no object, nothing counted."""
        self._engine.clear()
        s3.reset()
        for bucket in BUCKETS:
            _finished("PUT", f"/{bucket}", {}, b"", {})
        _finished("PUT", "/blobs", {}, VERSIONED, {"versioning": [""]})
        for bucket, rules in LIFECYCLES.items():
            _finished("PUT", f"/{bucket}", {}, rules, {"lifecycle": [""]})
        self.now = self.begins
        self.secrets, self.numbers = count(1), count(1)
        self.calm()
        for renew in self.fresh:
            renew()

    def carry_out_lifecycle(self) -> None:
        """Do what S3's lifecycle rules ask for at this moment."""
        for bucket in BUCKETS:
            lifecycle.carry_out(aws.client("s3"), bucket, bucket_lifecycle.tags, self.now)

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """All items, by table."""
        return {table: self.rows_of(table) for table in self._tables}

    def rows_of(self, table: str) -> list[dict[str, Any]]:
        """All items of one table."""
        return _sorted(self._engine.answer("Scan", {"TableName": table}).value["Items"])

    def objects(self) -> list[str]:
        """The names of all objects in S3."""
        client = aws.client("s3")
        return [
            f"{bucket}/{each['Key']}"
            for bucket in BUCKETS
            for each in client.list_objects_v2(Bucket=bucket).get("Contents", ())
        ]

    def content(self, key: str, bucket: str = "blobs") -> bytes:
        """What an object holds: past botocore, and not counted."""
        status, _, body = _finished("GET", f"/{bucket}/{key}", {}, b"", {})
        assert status == 200, (key, status)
        return body

    def versions(self) -> list[tuple[str, int]]:
        """Everything that S3 keeps of contents, hidden versions too: key and bytes."""
        pages = aws.client("s3").get_paginator("list_object_versions")
        return [
            (each["Key"], each["Size"])
            for page in pages.paginate(Bucket="blobs")
            for each in page.get("Versions", ())
        ]

    def prepared(self, story: Story) -> Act:
        """Begin a story anew, by a shorter way: past botocore, straight to the tables."""
        self.clear()
        self._is_short = True
        try:
            return story()
        finally:
            self._is_short = False
            self.done.clear()

    def call(self, client: BaseClient, operation: str, request: dict[str, Any]) -> Any:
        """Stands in the place of a client's own way, for the shorter one."""
        if self._is_short and client.meta.service_model.service_name == "dynamodb":
            return self._short.call(client, operation, request)
        return _BOTOCORES_WAY(client, operation, request)

    def put(self, url: str, headers: dict[str, str], content: bytes) -> int:
        """Put an object as an agent or a browser does, by a presigned address; gives the status."""
        bare, _, query = url.partition("?")
        signed = set(parse_qs(query)["X-Amz-SignedHeaders"][0].split(";")) - {"host"}
        assert signed == {"content-length", *map(str.lower, headers)}
        assert len(content) == int(headers.get("Content-Length", len(content)))
        request = AWSPreparedRequest("PUT", bare, _headers(headers), content, False)
        return self.send(request).status_code

    def stop_losing(self) -> None:
        """From now on every answer arrives."""
        self._losing: Callable[[str], bool] = lambda _: False

    def lose(self, number: int) -> None:
        """Lose the answer of the request with this number; the next one is number 0."""
        wanted = len(self.done) + number
        self._losing = lambda _: len(self.done) - 1 == wanted

    def lose_next(self, operation: str) -> None:
        """Lose the answer of the next request whose description begins so."""
        before = self.lost
        self._losing = lambda name: self.lost == before and name.startswith(operation)

    def lose_reads(self) -> None:
        """Lose the first answer of every request that only reads; its repetition is answered."""
        unanswered: set[str] = set()

        def losing(name: str) -> bool:
            if not name.startswith(READS):
                return False
            unanswered.symmetric_difference_update({name})
            return name in unanswered

        self._losing = losing

    def lose_all_of(self, number: int) -> None:
        """Lose the answers of a request and of its repetitions: its process hears none."""
        wanted = len(self.done) + number
        self._losing = lambda _: wanted <= len(self.done) - 1 < wanted + TRIES

    def interrupt(self, operation: str, act: Act) -> None:
        """Do something once, before the next request whose description begins so."""
        self._interruption = (operation, act)

    def interrupt_at(self, number: int, act: Act) -> None:
        """Do something once, before the request with this number; the next one is number 0."""
        self._at = (len(self.done) + number, act)

    def contend(self, times: int) -> None:
        """The next writes meet another transaction on the same item, and are not done."""
        self._refusing = ["TransactionConflictException"] * times

    def refuse(self, code: str, times: int) -> None:
        """The next writes to DynamoDB get this error, and are not done."""
        self._refusing = [code] * times

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Do a request. Raises `ReadTimeoutError` if its answer is lost."""
        name = _name(request)
        if self._interruption is not None and name.startswith(self._interruption[0]):
            (_, act), self._interruption = self._interruption, None
            act()
        if self._at is not None and len(self.done) >= self._at[0]:
            (_, act), self._at = self._at, None
            act()
        with self._one:
            status, headers, body = self._do(request)
            self.done.append(name)
            is_lost = self._losing(name)
            self.lost += is_lost
        if is_lost:
            meanwhile, self.meanwhile = self.meanwhile, None
            if meanwhile is not None:
                meanwhile()
            raise ReadTimeoutError(endpoint_url=request.url)
        return AWSResponse(request.url, status, _headers(headers), _Raw(body))

    def _do(self, request: AWSPreparedRequest) -> Said:
        operation = _operation(request)
        if operation is None:
            return _s3(request)
        asked = json.loads(_bytes(request.body))
        if operation in self.others:
            return _told_by(self.others[operation], asked)
        self.tokens += filter(None, [asked.get("ClientRequestToken")])
        if self.forgets_tokens:
            asked.pop("ClientRequestToken", None)
        if operation in WRITES and self._refusing:
            return _refusal(operation, self._refusing.pop())
        answer = self._engine.answer(operation, asked)
        return answer.status, {}, json.dumps(answer.value).encode()


def _name(request: AWSPreparedRequest) -> str:
    """A request in a few words, such as "PutItem ramon-local-snapshots", or "GET /blobs/a"."""
    operation = _operation(request)
    if operation is None:
        return f"{request.method} {_path(request)}"
    asked = json.loads(_bytes(request.body))
    tables = asked.get("TableName") or " ".join(asked.get("RequestItems", ()))
    return f"{operation} {tables}".strip()


def _operation(request: AWSPreparedRequest) -> str | None:
    """The operation of a request; Batch has its in the path. None of one to S3."""
    target = _text(request.headers.get("X-Amz-Target", ""))
    path = urlsplit(request.url).path
    return target.partition(".")[2] or (path if path.startswith("/v1/") else None)


def _path(request: AWSPreparedRequest) -> str:
    url = urlsplit(request.url)
    return f"/{url.netloc.partition('.s3.')[0]}{unquote(url.path)}"


class Error(Exception):
    """An error of AWS: its code, and what it says."""


def _told_by(service: Callable[[dict[str, Any]], dict[str, Any]], asked: dict[str, Any]) -> Said:
    try:
        return 200, {}, json.dumps(service(asked)).encode()
    except Error as error:
        code, message = error.args
        told = {"__type": code, "message": message}
        return 400, {"x-amzn-errortype": code}, json.dumps(told).encode()


def _refusal(operation: str, code: str) -> Said:
    """An error as DynamoDB puts it: in a transaction, a conflict cancels it."""
    body: dict[str, Any] = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code}
    if operation == "TransactWriteItems" and code == "TransactionConflictException":
        body["__type"] = "TransactionCanceledException"
        body["CancellationReasons"] = [{"Code": "TransactionConflict"}]
    return 400, {}, json.dumps(body).encode()


def _s3(request: AWSPreparedRequest) -> Said:
    headers = {key.lower(): _text(value) for key, value in request.headers.items()}
    query = parse_qs(urlsplit(request.url).query, keep_blank_values=True)
    body = _bytes(request.body)
    return _finished(request.method, _path(request), headers, body, query)


def _finished(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
) -> Said:
    """What the stand-in's S3 answers; it never waits for anything."""
    with request_scope(ACCOUNT, REGION):
        work = s3.handle_request(method, path, headers, body, query)
        try:
            work.send(None)
        except StopIteration as end:
            said: Said = end.value
            return said
    raise RuntimeError("the stand-in's S3 waits for something; it needs a loop")


def _sorted(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    bare = [{key: item[key] for key in sorted(item) if key not in MARKS} for item in items]
    return sorted(bare, key=json.dumps)


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, bytes | bytearray) else bytes(body.read())


def _headers(told: dict[str, str]) -> HTTPHeaders:
    headers = HTTPHeaders()
    for name, value in told.items():
        headers[name] = value
    return headers


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class _Raw(BytesIO):
    """What botocore reads a body from."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """All of it."""
        yield self.read()


@contextmanager
def network() -> Iterator[Wire]:
    """Empty tables and buckets, and the way to them, while the context is."""
    tables = list(definitions(RESOURCES, "local"))
    engine = Engine(tables, weighs=False)
    with ExitStack() as stack:
        # No client with the address of another test's cloud, before or afterwards.
        stack.callback(aws.client.cache_clear)
        aws.client.cache_clear()
        stack.enter_context(engine.running())
        wire = Wire(engine, [table["TableName"] for table in tables])
        for where, name, instead in _instead(wire):
            stack.enter_context(patch.object(where, name, instead))
        yield wire


def _settings() -> config.Settings:
    texts = {field.name: "https://stand-in" for field in fields(config.Settings)}
    buckets = {f"{bucket}_bucket": bucket for bucket in BUCKETS}
    return config.Settings(**(texts | buckets | {"pool_vcpus": "256"}))


def _instead(wire: Wire) -> Iterator[tuple[Any, str, Any]]:
    """What is replaced: where, its name, and by what."""
    settings = _settings()
    yield config, "settings", lambda: settings
    yield BaseClient, "_make_api_call", partialmethod(_called, wire)
    yield URLLib3Session, "send", lambda _, request: wire.send(request)
    yield ExponentialBackoff, "delay_amount", lambda *_: 0
    # Otherwise a process that has lost many answers repeats nothing any more.
    yield RetryQuota, "acquire", lambda *_: True
    yield clock, "now", lambda: wire.now
    yield clock, "seconds", lambda: int(wire.now.timestamp())
    yield clock, "millis", lambda: int(wire.now.timestamp() * 1000)
    yield clock, "wait", lambda _: None
    yield s3, "now_iso", lambda: bucket_lifecycle.iso(wire.now.timestamp())
    yield s3, "new_uuid", lambda: f"number-{next(wire.numbers)}"
    yield from ((s3, name, operation) for name, operation in object_tags.of_uploads().items())
    yield secrets, "randbits", lambda _: next(wire.secrets)
    yield secrets, "token_urlsafe", lambda *_: f"secret-{next(wire.secrets)}"


def _called(client: BaseClient, wire: Wire, operation: str, request: dict[str, Any]) -> Any:
    return wire.call(client, operation, request)


def without_recognition(patch: pytest.MonkeyPatch) -> None:
    """The fence taken out: every refusal is believed."""
    patch.setattr(db, "_row_if_ours", lambda *_: None)
