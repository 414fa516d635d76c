"""The calls of the service's Agent API, with time limits and retries."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import urllib3

from ramon_notebook.errors import Gone, Refused, Unavailable
from ramon_notebook.workspace.entries import Change

TIMEOUT = urllib3.Timeout(connect=3, read=20)
"""Seconds for one try. The service's own gateway gives up after 29 s; retries are cheaper."""

BATCH_BLOBS = 200
"""Most blobs in one call about uploads or downloads: the service's limit."""

BATCH_ENTRIES = 1000
"""Most puts, and most deletes, in one commit: the service's limit."""

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Head:
    """The newest snapshot of the workspace.

    manifest: the SHA-256 of its manifest (JSON); None when there is none yet.
    manifest_url: where that can be read for a while, compressed by zlib.
    quota_bytes, used_bytes: of the workspace as the service counts them.
    """

    snapshot_id: str | None
    seq: int
    manifest: str | None
    manifest_url: str | None
    quota_bytes: int
    used_bytes: int

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Head:
        """A Head as the service writes it."""
        return cls(
            data["snapshot_id"],
            int(data["seq"]),
            data["manifest"],
            data["manifest_url"],
            int(data["quota_bytes"]),
            int(data["used_bytes"]),
        )


@dataclass(frozen=True)
class Boot:
    """What the service tells a server that has just started.

    signing_key: secret; signs the outputs of this notebook, at each of its starts.
    """

    notebook_id: str
    notebook_name: str
    heartbeat_seconds: float
    signing_key: bytes = field(repr=False)
    workspace: Head


@dataclass(frozen=True)
class Upload:
    """How one blob is uploaded; `kind` is exists, put or multipart."""

    sha256: str
    kind: str
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    upload_id: str = ""
    part_size: int = 0
    urls: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Upload:
        """An upload as the service writes it."""
        return cls(
            sha256=data["sha256"],
            kind=data["kind"],
            url=data.get("url") or "",
            headers=tuple((data.get("headers") or {}).items()),
            upload_id=data.get("upload_id") or "",
            part_size=data.get("part_size") or 0,
            urls=tuple(data.get("urls") or ()),
        )


@dataclass(frozen=True)
class Committed:
    """A snapshot that was made."""

    snapshot_id: str
    seq: int
    used_bytes: int


class AgentApi:
    """The service, as one server of one notebook sees it. Safe to use from several threads.

    Every method raises Unavailable, Gone or Refused (see `errors`). `patience` is for how
    many seconds failing calls are repeated before Unavailable is raised.

    One who was recognised once and is not any more (401) goes on trying: the service says by 410
    that it wants somebody no longer, and what is not saved would be lost.
    """

    def __init__(self, base_url: str, token: str, *, patience: float = 20) -> None:
        self._base_url = base_url
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }
        self._patience = patience
        self._was_recognised = False
        self._pool = urllib3.PoolManager(maxsize=8, timeout=TIMEOUT, retries=False)

    def boot(self, *, patience: float) -> Boot:
        """Say that this server runs; learn for whom, and from what snapshot."""
        data = self.call("POST", "/agent/boot", {}, patience=patience)
        return Boot(
            data["notebook"]["id"],
            data["notebook"]["name"],
            float(data["heartbeat_seconds"]),
            data["signing_key"].encode(),
            Head.from_json(data["workspace"]),
        )

    def stage(self, name: str) -> None:
        """Report progress of the start; nobody waits for it."""
        self.call("POST", "/agent/stage", {"name": name}, patience=0)

    def ready(self, port: int, *, patience: float) -> None:
        """Say that the workspace is restored and browsers may come."""
        self.call("POST", "/agent/ready", {"port": port}, patience=patience)

    def heartbeat(self, report: dict[str, Any]) -> dict[str, Any]:
        """Report activity, memory and the state of the workspace; one try."""
        return self.call("POST", "/agent/heartbeat", report, patience=0)

    def redeem(self, ticket: str) -> dict[str, Any]:
        """Exchange a one-use ticket for the account it was made for; one try."""
        data = self.call("POST", "/agent/tickets/redeem", {"ticket": ticket}, patience=0)
        account: dict[str, Any] = data["account"]
        return account

    def head(self) -> Head:
        """The newest snapshot."""
        return Head.from_json(self.call("GET", "/agent/workspace", None))

    def downloads(self, sha256s: Sequence[str]) -> dict[str, str]:
        """Where these blobs can be read for a while, by hash."""
        urls: dict[str, str] = {}
        for batch in _batched(sha256s):
            body = {"sha256": list(batch)}
            urls |= self.call("POST", "/agent/workspace/downloads", body)["urls"]
        return urls

    def uploads(self, blobs: Sequence[tuple[str, int]]) -> list[Upload]:
        """How to upload these blobs (at most 200), given as hash and size in bytes."""
        body = {"blobs": [{"sha256": sha, "size": size} for sha, size in blobs]}
        data = self.call("POST", "/agent/workspace/uploads", body)
        return [Upload.from_json(item) for item in data["uploads"]]

    def complete_upload(self, sha256: str, size: int, upload_id: str, etags: list[str]) -> None:
        """Put the parts of a multipart upload together."""
        body = {"sha256": sha256, "size": size, "upload_id": upload_id, "etags": etags}
        self.call("POST", "/agent/workspace/uploads/complete", body)

    def commit(self, parent: str | None, change: Change) -> Committed:
        """Make the next snapshot. Refused with snapshot_conflict, quota_exceeded, blob_missing."""
        body = {
            "parent": parent,
            "puts": [entry.to_json() for entry in change.puts],
            "deletes": change.deletes,
        }
        data = self.call("POST", "/agent/workspace/snapshots", body)
        return Committed(data["snapshot_id"], int(data["seq"]), int(data["used_bytes"]))

    def call(
        self, method: str, path: str, body: Any, *, patience: float | None = None
    ) -> dict[str, Any]:
        """Call any route, again and again while it fails for a passing reason."""
        deadline = time.monotonic() + (self._patience if patience is None else patience)
        pause = 0.1
        while True:
            try:
                return self._try(method, path, body)
            except Unavailable:
                wait = pause * (0.5 + secrets.randbelow(500) / 1000)
                if time.monotonic() + wait > deadline:
                    raise
                time.sleep(wait)
                pause = min(pause * 2, 2)

    def _try(self, method: str, path: str, body: Any) -> dict[str, Any]:
        payload = None if body is None else json.dumps(body).encode()
        try:
            response = self._pool.request(
                method, self._base_url + path, body=payload, headers=self._headers, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"{path}: {error}") from error
        if response.status == 401 and self._was_recognised:
            raise Unavailable(f"{path} answered 401, which it did not before.")
        answer = _answer(path, response.status, response.data)
        self._was_recognised = True
        return answer


def _answer(path: str, status: int, data: bytes) -> dict[str, Any]:
    if status in _PASSING:
        raise Unavailable(f"{path} answered {status}.")
    if status in (401, 410):
        raise Gone(f"{path} answered {status}: this server is no longer wanted.")
    if status == 204:
        return {}
    try:
        parsed = json.loads(data)
    except ValueError as error:
        raise Unavailable(f"{path} answered {status} and no JSON.") from error
    if not isinstance(parsed, dict):
        raise Unavailable(f"{path} answered {status} and no JSON object.")
    if status < 300:
        return parsed
    problem = parsed.get("error") or {}
    raise Refused(
        status,
        str(problem.get("code", status)),
        str(problem.get("message", "")),
        problem.get("details") or {},
    )


def _batched(items: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(items), BATCH_BLOBS):
        yield items[start : start + BATCH_BLOBS]
