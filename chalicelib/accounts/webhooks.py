"""What GitHub tells us of its own accord.

GitHub signs the body and nothing else: not the kind of event, not the delivery's number, and no
time. So a body counts once for a while whatever it is called, and must itself show what it is.
"""

import hashlib

import msgspec

from chalicelib.accounts import github, service
from chalicelib.core import claims
from chalicelib.core.errors import BadRequest

_WORK_SECONDS = 60
"""Longer than the API's function may run: then whoever claimed it is dead."""
_REMEMBER_SECONDS = 600
"""GitHub never delivers again by itself. Not longer, because somebody who takes our permission away
a second time makes the same body again, byte for byte, and has to be signed out again."""


class _Sender(msgspec.Struct):
    id: int


class _Revocation(msgspec.Struct):
    action: str
    sender: _Sender


def receive(body: bytes, event: str, signature: str) -> None:
    """Take note of a delivery. Raises `BadRequest` unless GitHub has signed it.

    When somebody takes our permission away at GitHub (`github_app_authorization`, `revoked`), all
    their sessions end.
    """
    if not github.is_signed(body, signature):
        raise BadRequest("This is not signed by GitHub.", code="bad_signature")
    if event != "github_app_authorization":
        return
    try:
        told = msgspec.json.decode(body, type=_Revocation)
    except msgspec.DecodeError as error:
        raise BadRequest("This is no such event.", code="not_json") from error
    if told.action == "revoked":
        claims.once(
            f"github:{hashlib.sha256(body).hexdigest()}", _WORK_SECONDS, _REMEMBER_SECONDS,
            lambda: service.forget_github(told.sender.id),
        )  # fmt: skip
