"""Reads accounts, notebooks, manifests and contents of a stage, whichever code wrote them."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError

from ops.cloud import Cloud

_KEYS = 100
"""Rows that BatchGetItem takes at a time."""

_CANARY = "acc_" + "0" * 26
"""The account of the canary, which is nobody's."""

Row = dict[str, Any]


class Unreadable(Exception):
    """Something that should be there can't be read; the message says what and why."""


class Notebook(msgspec.Struct, frozen=True):
    """A notebook, as far as its export needs it."""

    id: str
    account_id: str
    name: str
    state: str
    saved_ms: int | None
    """When it was saved last, in milliseconds since 1970."""

    deleted: bool


class Entry(msgspec.Struct, frozen=True):
    """A file, a symlink or an empty folder, as manifests of all formats have it."""

    path: str
    kind: str = "file"
    sha256: str | None = None
    size: int = 0
    mode: int = 0o644
    mtime_ms: int = 0
    target: str | None = None
    owner: str | None = None


class _Manifest(msgspec.Struct):
    entries: list[Entry]


class Reader:
    """Reads one stage."""

    def __init__(self, cloud: Cloud, stage: str) -> None:
        self._dynamodb = cloud.client("dynamodb")
        self._s3 = cloud.client("s3")
        self._name = f"ramon-{stage}"
        self._bucket = f"ramon-{stage}-{cloud.account}-blobs"
        self._deserialize = TypeDeserializer().deserialize

    def logins(self) -> dict[str, str]:
        """The login of each account, by its id."""
        rows = self._scan("accounts")
        return {row["id"]: str(row.get("login") or row["id"]) for row in rows}

    def notebooks(self) -> list[Notebook]:
        """All notebooks, those that were deleted lately as well; oldest first for each account."""
        rows = (row for row in self._scan("notebooks") if row.get("account_id") != _CANARY)
        return sorted(map(_notebook, rows), key=lambda each: (each.account_id, each.id))

    def entries(self, notebook: Notebook) -> list[Entry]:
        """The newest files of a notebook; none if it never had any. Raises `Unreadable`."""
        snapshot = self._newest(notebook.id)
        if snapshot is None:
            return []
        try:
            return _entries(self._document(snapshot))
        except (BotoCoreError, ClientError) as error:
            raise Unreadable(f"the list of its files can't be read: {error}") from error
        except (ValueError, zlib.error) as error:
            raise Unreadable(f"the list of its files is damaged: {error}") from error

    def keys(self, notebook: Notebook, entries: Iterable[Entry]) -> dict[str, str]:
        """Where the contents of a notebook's files lie in the bucket, by their SHA-256."""
        owners = {e.sha256: e.owner or notebook.account_id for e in entries if e.sha256}
        found = {sha: f"blobs/{owner}/{sha}" for sha, owner in owners.items()}
        wanted = [{"account_id": owner, "sha256": sha} for sha, owner in owners.items()]
        for start in range(0, len(wanted), _KEYS):
            for row in self._rows("blobs", wanted[start : start + _KEYS]):
                found[row["sha256"]] = row["key"]
        return found

    def content(self, key: str, start: int) -> Iterator[bytes]:
        """The bytes of an object from `start` on, piece by piece."""
        since = {"Range": f"bytes={start}-"} if start else {}
        body = self._s3.get_object(Bucket=self._bucket, Key=key, **since)["Body"]
        yield from body.iter_chunks(1024 * 1024)

    def _newest(self, notebook_id: str) -> Row | None:
        found = self._dynamodb.query(
            TableName=f"{self._name}-snapshots",
            KeyConditionExpression="notebook_id = :id",
            ExpressionAttributeValues={":id": {"S": notebook_id}},
            ScanIndexForward=False,
            Limit=1,
            ConsistentRead=True,
        )["Items"]
        return self._plain(found[0]) if found else None

    def _document(self, snapshot: Row) -> bytes:
        """A manifest's JSON. Before version 1 of the state it had a key, and no hash."""
        if key := snapshot.get("manifest_key"):
            return self._object(key)
        name = snapshot["manifest"]
        document = zlib.decompress(self._object(f"manifests/{name}"))
        if hashlib.sha256(document).hexdigest() != name:
            raise ValueError(f"{name} has another content")
        return document

    def _object(self, key: str) -> bytes:
        return b"".join(self.content(key, 0))

    def _scan(self, entity: str) -> Iterator[Row]:
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=f"{self._name}-{entity}", ConsistentRead=True
        )
        for page in pages:
            yield from map(self._plain, page["Items"])

    def _rows(self, entity: str, keys: list[dict[str, str]]) -> Iterator[Row]:
        table = f"{self._name}-{entity}"
        typed = [{name: {"S": value} for name, value in key.items()} for key in keys]
        asked = {table: {"Keys": typed, "ConsistentRead": True}}
        while asked:
            answer = self._dynamodb.batch_get_item(RequestItems=asked)
            yield from map(self._plain, answer["Responses"].get(table, []))
            asked = answer.get("UnprocessedKeys") or {}

    def _plain(self, item: Row) -> Row:
        return {name: self._deserialize(value) for name, value in item.items()}


def _notebook(row: Row) -> Notebook:
    saved = row.get("saved_at")
    return Notebook(
        id=row["id"],
        account_id=str(row.get("account_id", "")),
        name=str(row.get("name", "")),
        state=str(row.get("state", "")),
        saved_ms=int(saved) if saved is not None else None,
        deleted=row.get("deleted_at") is not None,
    )


def _entries(document: bytes) -> list[Entry]:
    return msgspec.json.decode(document, type=_Manifest).entries
