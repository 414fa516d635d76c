"""The headers that CloudFront adds: the deployed stack's response headers policy."""

from typing import Any, Protocol

from localcloud.aws import deployed
from localcloud.edge.asgi import Headers

HEADERS = {
    "ContentSecurityPolicy": ("content-security-policy", "ContentSecurityPolicy"),
    "FrameOptions": ("x-frame-options", "FrameOption"),
    "ReferrerPolicy": ("referrer-policy", "ReferrerPolicy"),
}
"""Security headers with a value of their own: header, and where the policy has the value."""


class HeaderPolicy(Protocol):
    """Something that adds headers to responses."""

    def added_to(self, headers: Headers) -> Headers:
        """The response's headers with those of the policy."""
        ...


class SecurityHeaders:
    """Adds the policy's headers to responses; without a deployed policy it adds none."""

    def __init__(self) -> None:
        self._policy_seen: Any = None
        self._headers: list[tuple[bytes, bytes, bool]] = []

    def added_to(self, headers: Headers) -> Headers:
        """The response's headers with the policy's; Override decides where both have one."""
        result = list(headers)
        present = {name for name, _ in result}
        for name, value, override in self._current():
            if override and name in present:
                result = [line for line in result if line[0] != name]
            if override or name not in present:
                result.append((name, value))
        return result

    def _current(self) -> list[tuple[bytes, bytes, bool]]:
        policy = deployed.response_headers_policy()
        if policy is not self._policy_seen:
            self._policy_seen = policy
            self._headers = list(_parse(policy["Config"])) if policy else []
        return self._headers


def _parse(config: dict[str, Any]) -> list[tuple[bytes, bytes, bool]]:
    """Ministack's form of a policy's configuration as header lines."""
    security = config.get("Security") or {}
    found = [
        (header, security[part][member], security[part]["Override"])
        for part, (header, member) in HEADERS.items()
        if part in security
    ]
    if options := security.get("ContentTypeOptions"):
        found.append(("x-content-type-options", "nosniff", options["Override"]))
    found += [
        (item["Header"].lower(), item["Value"], item["Override"])
        for item in config.get("CustomHeaders") or []
    ]
    # Strict-Transport-Security is left out: browsers ignore it over plain HTTP.
    return [(name.encode(), value.encode("latin-1"), override) for name, value, override in found]
