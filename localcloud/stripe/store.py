"""Everything that this Stripe knows, in one SQLite file.

Each object is the JSON that the API gives; top-level keys that begin with an underscore are ours
and never leave. There is one writer, the launcher's loop, and every request is one transaction, so
that SIGKILL at any time leaves either all of a request's work or none.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localcloud.stripe.errors import StripeError, missing
from localcloud.stripe.parameters import Json

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    customer TEXT,
    due INTEGER,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_by_customer ON objects (kind, customer, seq);
CREATE INDEX IF NOT EXISTS objects_by_due ON objects (due, seq) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS meter_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    identifier TEXT NOT NULL,
    event_name TEXT NOT NULL,
    payload TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    meter TEXT,
    customer TEXT,
    value INTEGER
);
CREATE INDEX IF NOT EXISTS meter_events_by_identifier ON meter_events (identifier);
CREATE INDEX IF NOT EXISTS meter_events_pending ON meter_events (seq) WHERE status = 'pending';
CREATE INDEX IF NOT EXISTS meter_events_counted
    ON meter_events (meter, customer, timestamp) WHERE status = 'counted';
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, digest TEXT NOT NULL, at INTEGER NOT NULL,
    status INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS idempotency_by_age ON idempotency (at);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    status TEXT NOT NULL,
    created INTEGER NOT NULL,
    next_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    outcome TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_pending ON deliveries (next_at) WHERE status = 'pending';
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event);
"""

Due = Callable[[Json], int | None]
"""When something happens to an object by itself, in seconds since 1970."""


class Store:
    """The objects, and the tables that are more than objects (`sql`)."""

    def __init__(self, file: Path, due: Due) -> None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        self.sql = sqlite3.connect(file, isolation_level=None)
        self.sql.row_factory = sqlite3.Row
        # With a write-ahead log a commit outlives the process, if not a power cut.
        self.sql.execute("PRAGMA journal_mode = WAL")
        self.sql.execute("PRAGMA synchronous = OFF")
        self.sql.executescript(SCHEMA)
        self._due = due

    def close(self) -> None:
        """Let go of the file."""
        self.sql.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; an exception undoes what was done within."""
        self.sql.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.sql.execute("ROLLBACK")
            raise
        self.sql.execute("COMMIT")

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Within a transaction: an error undoes what was done, unless it says that it stays."""
        self.sql.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException as error:
            if not (isinstance(error, StripeError) and error.kept):
                self.sql.execute("ROLLBACK TO attempt")
            self.sql.execute("RELEASE attempt")
            raise
        self.sql.execute("RELEASE attempt")

    def add(self, body: Json) -> Json:
        """Keep a new object."""
        self.sql.execute(
            "INSERT INTO objects (id, kind, customer, due, body) VALUES (?, ?, ?, ?, ?)",
            (body["id"], body["object"], body.get("customer"), self._due(body), _dump(body)),
        )
        return body

    def save(self, body: Json) -> Json:
        """Keep an object's change."""
        self.sql.execute(
            "UPDATE objects SET customer = ?, due = ?, body = ? WHERE id = ?",
            (body.get("customer"), self._due(body), _dump(body), body["id"]),
        )
        return body

    def remove(self, id_: str) -> None:
        """Forget an object."""
        self.sql.execute("DELETE FROM objects WHERE id = ?", (id_,))

    def find(self, id_: str) -> Json | None:
        """The object of that id."""
        row = self.sql.execute("SELECT body FROM objects WHERE id = ?", (id_,)).fetchone()
        return _load(row) if row else None

    def get(self, kind: str, id_: str, param: str = "id") -> Json:
        """The object that a request names in `param`; raises StripeError if there is none."""
        body = self.find(id_)
        if body is None or body["object"] != kind:
            raise missing(kind, id_, param)
        return body

    def each(self, kind: str, customer: str | None = None) -> Iterator[Json]:
        """All objects of a kind, the newest first; `customer` asks for one customer's."""
        if customer is None:
            rows = self.sql.execute(
                "SELECT body FROM objects WHERE kind = ? ORDER BY seq DESC", (kind,)
            )
        else:
            rows = self.sql.execute(
                "SELECT body FROM objects WHERE kind = ? AND customer = ? ORDER BY seq DESC",
                (kind, customer),
            )
        return map(_load, rows)

    def next_due(self) -> tuple[int, str] | None:
        """When something happens next by itself, and to which object."""
        row = self.sql.execute(
            "SELECT due, id FROM objects WHERE due IS NOT NULL ORDER BY due, seq LIMIT 1"
        ).fetchone()
        return (row["due"], row["id"]) if row else None


def public(value: Any) -> Any:
    """A copy without what is ours."""
    if isinstance(value, dict):
        return {
            key: part if key == "metadata" else public(part)
            for key, part in value.items()
            if not key.startswith("_")
        }
    if isinstance(value, list):
        return [public(part) for part in value]
    return value


def _dump(body: Json) -> str:
    return json.dumps(body, separators=(",", ":"))


def _load(row: sqlite3.Row) -> Json:
    body: Json = json.loads(row["body"])
    return body
