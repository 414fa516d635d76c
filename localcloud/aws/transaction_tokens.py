"""Knows a transaction again by its token, as DynamoDB does for ten minutes.

ministack keeps the request itself to compare the next one with, and its items become the table's:
what is written to them later changes what was kept, and a repetition looks like another request.
"""

from typing import Any

import msgspec
from ministack.services import dynamodb

TOKEN = "ClientRequestToken"  # noqa: S105  a field's name


def install() -> None:
    """Let ministack's DynamoDB keep each request as it came, from now on, in this process."""
    plain = dynamodb._transact_write_items
    if getattr(plain, "keeps_requests", False):
        return

    def keeping(data: dict[str, Any]) -> Any:
        asked = msgspec.json.encode({key: data[key] for key in data if key != TOKEN})
        answer = plain(data)
        kept = dynamodb._txn_idempotency.get(data.get(TOKEN))
        if kept is not None and answer[0] == 200:
            kept["signature"] = msgspec.json.decode(asked)
        return answer

    keeping.keeps_requests = True  # type: ignore[attr-defined]  # a function has a namespace
    dynamodb._transact_write_items = keeping
