"""Webhooks: signed, sent in no particular order, and sent again until somebody says 2xx."""

import asyncio
import hashlib
import hmac
import json
import logging
import sqlite3
from typing import Any

import aiohttp

from localcloud.stripe.events import THIN, thin_payload
from localcloud.stripe.parameters import Json
from localcloud.stripe.stand_in import StandIn
from localcloud.stripe.store import public

AT_ONCE = 8
"""Deliveries under way at a time."""

ANSWER_SECONDS = 30.0
"""Longest wait for an endpoint's answer."""

LONGEST_PAUSE = 3600.0
"""Seconds between attempts at most; the first comes after one second, each later after twice."""

GIVE_UP_SECONDS = 3 * 86400
"""How long a delivery is tried ("Webhooks", automatic retries), by the stand-in's clock."""

logger = logging.getLogger(__name__)


class Deliveries:
    """Sends what is due to be sent."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self._http: aiohttp.ClientSession | None = None
        self.held = False
        """Whether nothing is sent until it is released."""
        self.newest_first = False
        """Whether what comes next is sent one by one, the newest first."""

    async def close(self) -> None:
        """Send no more."""
        if self._http:
            await self._http.close()

    async def send_due(self) -> int:
        """Send everything that is due by now; gives how many were tried."""
        tried: set[int] = set()
        while rows := [row for row in self._due() if row["seq"] not in tried]:
            tried |= {row["seq"] for row in rows}
            await self._send_all(rows)
        return len(tried)

    def next_at(self) -> float | None:
        """When the next attempt is due, in seconds since 1970."""
        if self.held:
            return None
        row = self._stand_in.store.sql.execute(
            "SELECT min(next_at) AS at FROM deliveries WHERE status = 'pending'"
        ).fetchone()
        at: float | None = row["at"]
        return at

    def overview(self) -> list[Json]:
        """The newest hundred deliveries, for the page and for tests."""
        rows = self._stand_in.store.sql.execute(
            "SELECT * FROM deliveries ORDER BY seq DESC LIMIT 100"
        ).fetchall()
        return [dict(row) | {"type": self._type(row["event"])} for row in rows]

    def _due(self) -> list[sqlite3.Row]:
        if self.held:
            return []
        return self._stand_in.store.sql.execute(
            "SELECT * FROM deliveries WHERE status = 'pending' AND next_at <= ? ORDER BY seq",
            (self._stand_in.clock.time(),),
        ).fetchall()

    async def _send_all(self, rows: list[sqlite3.Row]) -> None:
        if self.newest_first:
            self.newest_first = False
            for row in reversed(rows):
                await self._send(row)
            return
        turns = asyncio.Semaphore(AT_ONCE)

        async def in_turn(row: sqlite3.Row) -> None:
            async with turns:
                await self._send(row)

        late = {row["seq"] for row in rows if self._is_late(row)}
        await asyncio.gather(*(in_turn(row) for row in rows if row["seq"] not in late))
        await asyncio.gather(*(in_turn(row) for row in rows if row["seq"] in late))

    def _is_late(self, row: sqlite3.Row) -> bool:
        """Whether a fault asks that it comes after all others."""
        return self._stand_in.faults.of_webhook(self._type(row["event"]), "reorder") is not None

    async def _send(self, row: sqlite3.Row) -> None:
        event, endpoint = self._find(row)
        if event is None or endpoint is None:
            self._settle(row, "dropped", "the endpoint is gone")
            return
        fault = self._stand_in.faults.of_webhook(event["type"], "delay", "duplicate")
        if fault and fault.fault == "delay":
            await asyncio.sleep(fault.seconds)
        outcome = await self._post(endpoint, event)
        if fault and fault.fault == "duplicate":
            outcome = await self._post(endpoint, event)
        if outcome.startswith("2"):
            self._settle(row, "delivered", outcome)
        else:
            self._try_again(row, outcome)

    async def _post(self, endpoint: Json, event: Json) -> str:
        """Send it once; gives the status, or what went wrong."""
        shown = thin_payload(event) if event["object"] == THIN else public(event)
        body = json.dumps(shown, indent=2).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (a stand-in)",
            "Stripe-Signature": signature(
                endpoint["_secret"], body, self._stand_in.clock.seconds()
            ),
        }
        try:
            async with self._client().post(_url(endpoint), data=body, headers=headers) as answer:
                return str(answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"{type(error).__name__}: {error}"

    def _client(self) -> aiohttp.ClientSession:
        if self._http is None:
            timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
            self._http = aiohttp.ClientSession(timeout=timeout, trust_env=False)
        return self._http

    def _find(self, row: sqlite3.Row) -> tuple[Json | None, Json | None]:
        store = self._stand_in.store
        return store.find(row["event"]), store.find(row["endpoint"])

    def _type(self, event_id: str) -> str:
        event = self._stand_in.store.find(event_id)
        return str(event["type"]) if event else ""

    def _settle(self, row: sqlite3.Row, status: str, outcome: str) -> None:
        self._update(row, {"status": status, "outcome": outcome, "next_at": row["next_at"]})

    def _try_again(self, row: sqlite3.Row, outcome: str) -> None:
        now = self._stand_in.clock.time()
        if now - row["created"] > GIVE_UP_SECONDS and row["attempts"]:
            self._settle(row, "failed", outcome)
            return
        logger.warning("the webhook %s was not delivered: %s", row["event"], outcome)
        pause = min(LONGEST_PAUSE, 2.0 ** row["attempts"])
        self._update(row, {"status": "pending", "outcome": outcome, "next_at": now + pause})

    def _update(self, row: sqlite3.Row, change: dict[str, Any]) -> None:
        self._stand_in.store.sql.execute(
            "UPDATE deliveries SET status = :status, outcome = :outcome, next_at = :next_at,"
            " attempts = attempts + 1 WHERE seq = :seq",
            change | {"seq": row["seq"]},
        )


def signature(secret: str, body: bytes, at: int) -> str:
    """The Stripe-Signature header: HMAC-SHA256 of time and body."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _url(endpoint: Json) -> str:
    if endpoint["object"] == "webhook_endpoint":
        return str(endpoint["url"])
    return str(endpoint["_url"])
