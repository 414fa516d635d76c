"""The API's operations: a method, a path, the parameters it takes, and who does the work."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localcloud.stripe.context import Context
from localcloud.stripe.parameters import Json, Reader

Handler = Callable[..., Json]
"""`handler(ctx, asked, *ids)`: the ids are those in the path."""


@dataclass(frozen=True)
class Operation:
    """One call of the API."""

    name: str
    """Method and path template, such as `POST /v1/customers/{customer}`."""

    read: Reader
    handle: Handler

    @property
    def method(self) -> str:
        """GET, POST or DELETE."""
        return self.name.split()[0]

    @property
    def parts(self) -> list[str]:
        """The path's parts."""
        return self.name.split()[1].strip("/").split("/")

    def ids(self, method: str, parts: list[str]) -> list[str] | None:
        """The ids in a request's path if it is a request of this operation."""
        if method != self.method or len(parts) != len(self.parts):
            return None
        pairs = list(zip(self.parts, parts, strict=True))
        if any(not given or (own[0] != "{" and own != given) for own, given in pairs):
            return None
        return [given for own, given in pairs if own[0] == "{"]


OPERATIONS: list[Operation] = []
"""All that is known here; `resources` fills it."""


def operation(name: str, read: Reader) -> Callable[[Handler], Handler]:
    """Declares the function below it as an operation of the API."""

    def register(handle: Handler) -> Handler:
        OPERATIONS.append(Operation(name, read, handle))
        return handle

    return register


def find(method: str, path: str) -> tuple[Operation, list[str]] | None:
    """The operation of a request and its ids; a literal part of a path comes before an id."""
    parts = path.strip("/").split("/")
    matches = [(each, ids) for each in OPERATIONS if (ids := each.ids(method, parts)) is not None]
    return min(matches, key=lambda match: len(match[1]), default=None)


def run(operation: Operation, ctx: Context, asked: Json, ids: list[str]) -> Any:
    """The operation's answer, before `expand`."""
    return operation.handle(ctx, asked, *ids)
