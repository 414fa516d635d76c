"""The REST-JSON protocol of Batch: an address an operation, a JSON object as its body."""

import json
import logging
from collections.abc import Callable, Mapping
from uuid import uuid4

from localcloud.api_model import Record
from localcloud.batch.errors import BatchError, ClientError, NotImplementedHere
from localcloud.batch.model import MODEL, find_operation

Operation = Callable[[Record], Record]
Response = tuple[int, dict[str, str], bytes]
Query = dict[str, list[str]]

logger = logging.getLogger(__name__)


class Wire:
    """Decodes requests, calls the operation of that address and encodes what it gives or raises."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = operations

    async def handle(
        self, method: str, path: str, _headers: dict[str, str], body: bytes, query: Query
    ) -> Response:
        """Answer one request, in the form of the emulator's service handlers."""
        try:
            result = self.call(*decode(method, path, body, query))
        except BatchError as error:
            return encode_error(error)
        except Exception:  # the process boundary: a defect of ours must not end the stand-in
            logger.exception("Batch %s %s failed", method, path)
            return _encode(500, {"message": "internal failure"}, "ServerException")
        return _encode(200, result)

    def call(self, name: str, request: Record) -> Record:
        """Check the request and carry it out; raises BatchError."""
        MODEL.check_request(name, request)
        if name not in self._operations:
            raise NotImplementedHere(f"{name} is not part of this stand-in.")
        return self._operations[name](request)


def decode(method: str, path: str, body: bytes, query: Query) -> tuple[str, Record]:
    """The operation's name and its input; raises BatchError."""
    operation, members = find_operation(method, path)
    try:
        request = json.loads(body or b"{}")
    except ValueError as error:
        raise ClientError(f"The body is not JSON: {error}") from error
    if not isinstance(request, dict):
        raise ClientError("The body must be a JSON object.")
    return operation, request | members | query


def encode_error(error: BatchError) -> Response:
    """An error as an HTTP response."""
    return _encode(error.status, {"message": error.message}, error.code)


def _encode(status: int, result: Record, error: str | None = None) -> Response:
    headers = {"Content-Type": "application/json", "x-amzn-requestid": str(uuid4())}
    if error:
        headers["x-amzn-errortype"] = error
    return status, headers, json.dumps(result).encode()
