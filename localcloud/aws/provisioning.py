"""What the provisioners of ECS's and Batch's CloudFormation resources have in common."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from localcloud.api_model import ApiModel

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, str]]


class Caller:
    """Calls a service on its loop: ministack calls provisioners there, for nested stacks not."""

    def __init__(self, call: Callable[[str, Properties], Properties]) -> None:
        """Must be called on the loop that the service runs on."""
        self._call = call
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()

    def __call__(self, operation: str, request: Properties) -> Properties:
        """What the operation gives; raises what it raises."""
        if threading.get_ident() == self._loop_thread:
            return self._call(operation, request)

        async def call() -> Properties:
            return self._call(operation, request)

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result()


def handlers(
    create: Callable[..., Provisioned],
    update: Callable[..., Provisioned],
    delete: Callable[..., None],
) -> dict[str, Any]:
    """A resource type's handlers in ministack's form."""
    return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}


def request_of(model: ApiModel, operation: str, props: Properties) -> Properties:
    """The properties which the operation knows, in its own spelling and types."""
    request: Properties = _convert(props, model.input_shape(operation))
    tags = request.get("tags")
    if isinstance(tags, list):  # without CloudFormation's own, which the API takes from nobody else
        request["tags"] = [tag for tag in tags if not tag["key"].startswith("aws:")]
    return request


def _convert(value: Any, shape: Any) -> Any:
    """CloudFormation's `Name` is the API's `name`; numbers may arrive as text."""
    if shape.type_name == "structure":
        by_name = {name.lower(): (name, member) for name, member in shape.members.items()}
        known = [
            (by_name[key.lower()], each) for key, each in value.items() if key.lower() in by_name
        ]
        return {name: _convert(each, member) for (name, member), each in known}
    if shape.type_name == "list":
        return [_convert(each, shape.member) for each in value]
    if shape.type_name == "map":
        return {key: _convert(each, shape.value) for key, each in value.items()}
    if shape.type_name in ("integer", "long"):
        return int(value)
    if shape.type_name == "boolean":
        return value in (True, "true")
    return str(value)
