"""The JSON 1.1 protocol of ECS: one POST, the operation named by a header."""

import json
import logging
from collections.abc import Callable, Mapping
from uuid import uuid4

from localcloud.api_model import Record
from localcloud.ecs.errors import EcsError, InvalidParameter, NotImplementedHere
from localcloud.ecs.model import MODEL

Operation = Callable[[Record], Record]
Response = tuple[int, dict[str, str], bytes]

TARGET_PREFIX = "AmazonEC2ContainerServiceV20141113."

logger = logging.getLogger(__name__)


class Wire:
    """Decodes requests, calls the operation of that name and encodes what it gives or raises."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = operations

    async def handle(
        self,
        _method: str,
        _path: str,
        headers: dict[str, str],
        body: bytes,
        _query: dict[str, list[str]],
    ) -> Response:
        """Answer one request, in the form of the emulator's service handlers."""
        target = headers.get("x-amz-target", "")
        try:
            result = self.call(target.removeprefix(TARGET_PREFIX), decode(body))
        except EcsError as error:
            return encode(error.status, {"__type": error.code, "message": error.message})
        except Exception:  # the process boundary: a defect of ours must not end the stand-in
            logger.exception("ECS %s failed", target)
            return encode(500, {"__type": "ServerException", "message": "internal failure"})
        return encode(200, result)

    def call(self, name: str, request: Record) -> Record:
        """Check the request and carry it out; raises EcsError."""
        MODEL.check_request(name, request)
        if name not in self._operations:
            raise NotImplementedHere(f"{name} is not part of this stand-in.")
        return self._operations[name](request)


def decode(body: bytes) -> Record:
    """The JSON object in the body; raises InvalidParameter."""
    try:
        request = json.loads(body or b"{}")
    except ValueError as error:
        raise InvalidParameter(f"The body is not JSON: {error}") from error
    if not isinstance(request, dict):
        raise InvalidParameter("The body must be a JSON object.")
    return request


def encode(status: int, result: Record) -> Response:
    """An HTTP response with a JSON 1.1 body."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-requestid": str(uuid4())}
    return status, headers, json.dumps(result).encode()
