"""CloudFront's memory of errors: what one person's request met, others are told for a while.

It holds answers of 500, 502, 503 and 504 to GET and HEAD, whatever the origin says of caching, for
the ErrorCachingMinTTL that the distribution gives for the code, ten seconds by default (developer
guide, "How CloudFront caches HTTP 4xx and 5xx status codes"). The key has no cookie.
"""

from dataclasses import dataclass
from xml.etree.ElementTree import fromstring

from localcloud.aws import deployed
from localcloud.clock import CLOCK
from localcloud.edge.asgi import Scope

DEFAULT_SECONDS = 10
"""How long an error is held where the distribution does not say."""

HELD = frozenset({500, 502, 503, 504})
"""Codes that are held even with `Cache-Control: no-store`."""

Answer = tuple[int, dict[str, object], str | bytes]
"""Status, headers and body, as API Gateway gave them."""


@dataclass(frozen=True)
class _Held:
    until: float
    answer: Answer


class ErrorCache:
    """The errors that are being held, by method, path and query."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str, bytes], _Held] = {}

    def find(self, scope: Scope) -> Answer | None:
        """The error that this request is told without asking the origin."""
        held = self._held.pop(_key(scope), None)
        if held is None or held.until <= CLOCK.time():
            return None
        self._held[_key(scope)] = held
        return held.answer

    def note(self, scope: Scope, answer: Answer) -> None:
        """Hold what the origin answered, if it is an error that is held."""
        status = answer[0]
        if scope["method"] in ("GET", "HEAD") and status in HELD:
            seconds = _seconds().get(status, DEFAULT_SECONDS)
            if seconds:
                self._held[_key(scope)] = _Held(CLOCK.time() + seconds, answer)


def _key(scope: Scope) -> tuple[str, str, bytes]:
    return scope["method"], scope["path"], scope["query_string"]


def _seconds() -> dict[int, int]:
    """For how long the distribution holds each code that it names."""
    config = deployed.distribution_config()
    if config is None:
        return {}
    found: dict[int, int] = {}
    for entry in fromstring(config).iter():  # noqa: S314  ministack wrote it
        if _tag(entry.tag) != "CustomErrorResponse":
            continue
        values = {_tag(each.tag): each.text or "" for each in entry}
        if "ErrorCachingMinTTL" in values:
            found[int(values["ErrorCode"])] = int(float(values["ErrorCachingMinTTL"]))
    return found


def _tag(name: str) -> str:
    return name.rpartition("}")[2]
