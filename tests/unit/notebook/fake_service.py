"""A control plane in the test's own process: the Agent API over HTTP, blobs in memory.

It exists to inject faults: `faults` decides about every call before it is answered.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "agent-token-of-the-test"
NOTEBOOK_ID = "nb_" + "0" * 26
NOTEBOOK_HOST = "nb-" + "0" * 26 + ".localhost"
APP_ORIGIN = "http://localhost:8000"
MULTIPART_ABOVE = 1 << 20
PART_SIZE = 512 << 10

Entries = dict[str, dict[str, Any]]
Answer = tuple[int, dict[str, Any]]


class Drop(Exception):
    """The connection is closed without an answer."""


@dataclass
class Fault:
    """An answer other than the real one."""

    status: int
    code: str = "injected"
    details: dict[str, Any] = field(default_factory=dict)
    after: bool = False
    """Whether the real work is done first, so that only the answer is lost."""


FaultRule = Callable[[str, str], Fault | None]


class FakeService:
    """What the service keeps for one notebook. Tests read and change it freely."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, Entries] = {}
        self.head: str | None = None
        self.seq = 0
        self.quota_bytes = 1 << 30
        self.signing_key = "the key of this notebook"
        self.tickets: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, Any]] = []
        self.heartbeats: list[dict[str, Any]] = []
        self.parts: dict[str, dict[int, bytes]] = {}
        self.ready = threading.Event()
        self.faults: FaultRule = lambda method, path: None
        self.heartbeat_seconds = 0.5
        self.saved_when: dict[str, float] = {}
        handler = type("Handler", (_Handler,), {"service": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def entries(self) -> Entries:
        """The newest snapshot."""
        with self.lock:
            return dict(self.manifests[self.head]) if self.head else {}

    def content(self, path: str) -> bytes:
        """The content of a file of the newest snapshot."""
        return self.blobs[self.entries[path]["sha256"]]

    def put_file(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Make a snapshot with one file more."""
        sha = hashlib.sha256(content).hexdigest()
        entry = {"path": path, "kind": "file", "sha256": sha, "size": len(content)}
        entry |= {"mode": mode, "mtime_ms": 1_700_000_000_123}
        with self.lock:
            self.blobs[sha] = content
            self.set_entries(self.entries | {path: entry})

    def set_entries(self, entries: Entries) -> str:
        """Make a snapshot of exactly these entries."""
        with self.lock:
            self.seq += 1
            self.head = f"snap_{self.seq:026d}"
            self.manifests[self.head] = entries
            return self.head

    def issue_ticket(self) -> str:
        """A ticket good for one use."""
        ticket = f"ticket-{len(self.calls)}-{time.monotonic_ns()}"
        self.tickets[ticket] = {"id": "acc_1", "login": "ada", "name": "Ada", "avatar_url": None}
        return ticket

    def used_bytes(self, entries: Entries | None = None) -> int:
        """The size of all files, each path counted."""
        entries = self.entries if entries is None else entries
        return sum(entry.get("size") or 0 for entry in entries.values())

    def knows(self, path: str, authorization: str) -> bool:
        """Whether this header is good for this route."""
        return path.startswith("/api/agent/") and authorization == f"Bearer {TOKEN}"

    def answer(self, method: str, path: str, body: Any, authorization: str = "") -> Answer:
        """The real answer of the service to somebody whom it knows by `authorization`."""
        with self.lock:
            self.calls.append((path, body))
            name = path.removeprefix("/api/agent/").replace("/", "_")
            result: Answer = getattr(self, f"do_{name}")(body)
            return result

    def do_boot(self, body: Any) -> Answer:
        return 200, {
            "notebook": {"id": NOTEBOOK_ID, "name": "Test"},
            "server_id": "srv_1",
            "app_origin": APP_ORIGIN,
            "notebook_origin": f"http://{NOTEBOOK_HOST}",
            "heartbeat_seconds": self.heartbeat_seconds,
            "idle_minutes": 60,
            "signing_key": self.signing_key,
            "workspace": self._head(),
        }

    def do_stage(self, body: Any) -> Answer:
        return 200, {}

    def do_ready(self, body: Any) -> Answer:
        self.ready.set()
        return 200, {}

    def do_heartbeat(self, body: Any) -> Answer:
        self.heartbeats.append(body)
        return 200, {"keep_until": None, "stopping": False}

    def do_tickets_redeem(self, body: Any) -> Answer:
        account = self.tickets.pop(body["ticket"], None)
        if account is None:
            return error(404, "not_found", "No such ticket.")
        return 200, {"account": account}

    def do_workspace(self, body: Any) -> Answer:
        return 200, self._head()

    def do_workspace_downloads(self, body: Any) -> Answer:
        return 200, {"urls": {sha: f"{self.origin}/blobs/{sha}" for sha in body["sha256"]}}

    def do_workspace_uploads(self, body: Any) -> Answer:
        assert len(body["blobs"]) <= 200
        return 200, {"uploads": [self._upload(**blob) for blob in body["blobs"]]}

    def do_workspace_uploads_complete(self, body: Any) -> Answer:
        parts = self.parts.pop(body["upload_id"])
        data = b"".join(parts[number] for number in sorted(parts))
        assert body["etags"] == [f'"{number}"' for number in sorted(parts)]
        assert hashlib.sha256(data).hexdigest() == body["sha256"]
        self.blobs[body["sha256"]] = data
        return 200, {}

    def do_workspace_snapshots(self, body: Any) -> Answer:
        assert max(len(body["puts"]), len(body["deletes"])) <= 1000
        if body["parent"] != self.head:
            return error(409, "snapshot_conflict", "Another snapshot is newer.", head=self._head())
        missing = [e["sha256"] for e in body["puts"] if e["kind"] == "file"]
        missing = [sha for sha in missing if sha not in self.blobs]
        if missing:
            return error(409, "blob_missing", "Upload these first.", sha256=missing)
        entries = self.entries
        for path in body["deletes"]:
            assert path in entries
            gone = [p for p in entries if p == path or p.startswith(f"{path}/")]
            for each in gone:
                del entries[each]
        entries |= {entry["path"]: entry for entry in body["puts"]}
        wanted = self.used_bytes(entries)
        if wanted > self.quota_bytes and wanted > self.used_bytes():
            details = {"quota_bytes": self.quota_bytes, "used_bytes": self.used_bytes()}
            return error(409, "quota_exceeded", "Full.", **details, wanted_bytes=wanted)
        snapshot_id = self.set_entries(entries)
        now = time.time()
        self.saved_when.update({entry["path"]: now for entry in body["puts"]})
        made = {"snapshot_id": snapshot_id, "seq": self.seq, "files": len(entries)}
        return 201, {**made, "used_bytes": self.used_bytes()}

    def document(self, snapshot_id: str) -> bytes:
        """The manifest of a snapshot."""
        entries = sorted(self.manifests[snapshot_id].values(), key=lambda entry: entry["path"])
        return json.dumps({"version": 2, "entries": entries}).encode()

    def _head(self) -> dict[str, Any]:
        url = f"{self.origin}/manifests/{self.head}" if self.head else None
        document = self.document(self.head) if self.head else None
        return {
            "snapshot_id": self.head,
            "seq": self.seq,
            "manifest": hashlib.sha256(document).hexdigest() if document else None,
            "manifest_url": url,
            "quota_bytes": self.quota_bytes,
            "used_bytes": self.used_bytes(),
        }

    def _upload(self, sha256: str, size: int) -> dict[str, Any]:
        if sha256 in self.blobs:
            return {"sha256": sha256, "kind": "exists"}
        url = f"{self.origin}/blobs/{sha256}"
        if size > MULTIPART_ABOVE:
            self.parts[sha256] = {}
            count = -(-size // PART_SIZE)
            urls = [f"{self.origin}/parts/{sha256}/{number}" for number in range(count)]
            return {
                "sha256": sha256,
                "kind": "multipart",
                "upload_id": sha256,
                "part_size": PART_SIZE,
                "urls": urls,
            }
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        headers = {"x-amz-checksum-sha256": checksum, "content-length": str(size)}
        return {"sha256": sha256, "kind": "put", "url": url, "headers": headers}


def error(status: int, code: str, message: str, **details: Any) -> Answer:
    """An answer that says no, in the service's form."""
    return status, {"error": {"code": code, "message": message, "details": details}}


class _Handler(BaseHTTPRequestHandler):
    service: FakeService
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_PUT(self) -> None:
        self._handle("PUT")

    def log_message(self, *args: Any) -> None:
        """Tests print enough."""

    def _handle(self, method: str) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            fault = self.service.faults(method, self.path)
        except Drop:
            self.close_connection = True
            return
        if fault and not fault.after:
            self._send(*error(fault.status, fault.code, "Injected.", **fault.details))
            return
        result = self._real(method, data)
        if fault:
            result = error(fault.status, fault.code, "Injected.", **fault.details)
        self._send(*result)

    def _real(self, method: str, data: bytes) -> tuple[int, dict[str, Any] | bytes]:
        service, path = self.service, self.path
        if path.startswith("/api/"):
            if not service.knows(path, self.headers.get("Authorization") or ""):
                return error(401, "signed_out", "Who are you?")
            body = json.loads(data) if data else None
            return service.answer(method, path, body, self.headers.get("Authorization") or "")
        kind, _, name = path.lstrip("/").partition("/")
        return self._storage(method, kind, name, data)

    def _storage(self, method: str, kind: str, name: str, data: bytes) -> tuple[int, bytes]:
        service = self.service
        if kind == "manifests":
            return 200, zlib.compress(service.document(name))
        if kind == "parts":
            upload_id, _, number = name.partition("/")
            service.parts[upload_id][int(number)] = data
            self.etag = f'"{number}"'
        elif method == "GET":
            return 200, service.blobs[name]
        elif hashlib.sha256(data).hexdigest() != name:
            return 400, b"BadDigest"
        else:
            service.blobs[name] = data
        return 200, b""

    etag: str | None = None

    def _send(self, status: int, body: dict[str, Any] | bytes) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if self.etag:
            self.send_header("ETag", self.etag)
        self.end_headers()
        self.wfile.write(data)
