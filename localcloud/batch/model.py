"""Botocore's model of the Batch API: what requests hold, and which operation is where."""

import re
from dataclasses import dataclass
from functools import cache

from localcloud.api_model import ApiModel, Record
from localcloud.batch.errors import ClientError, UnknownOperation

MODEL = ApiModel("batch", ClientError, UnknownOperation)


@dataclass(frozen=True)
class Route:
    """An operation's method and address; groups of the pattern are members of its input."""

    operation: str
    method: str
    pattern: re.Pattern[str]


@cache
def routes() -> tuple[Route, ...]:
    """One route an operation."""
    found = []
    for name in MODEL.service.operation_names:
        http = MODEL.service.operation_model(name).http
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>.+)", http["requestUri"])
        found.append(Route(name, http["method"], re.compile(pattern)))
    return tuple(found)


def find_operation(method: str, path: str) -> tuple[str, Record]:
    """The operation at an address, and the members that the address holds; raises UnknownOperation.

    path: without percent-encoding.
    """
    for route in routes():
        match = route.pattern.fullmatch(path)
        if match and route.method == method:
            return route.operation, match.groupdict()
    raise UnknownOperation(f"There is no operation at {method} {path}.")
