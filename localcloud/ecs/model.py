"""Checks requests against botocore's model of the ECS API."""

from functools import cache
from typing import Any, cast

from botocore.loaders import Loader
from botocore.model import ListShape, ServiceModel, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

from localcloud.ecs.errors import InvalidParameter, UnknownOperation

Record = dict[str, Any]
"""A JSON object as it goes over the wire; times are epoch seconds."""


@cache
def service_model() -> ServiceModel:
    """Botocore's description of ECS, read once."""
    return ServiceModel(Loader().load_service_model("ecs", "service-2"), "ecs")


def input_shape(name: str) -> StructureShape:
    """What an operation takes; raises UnknownOperation."""
    model = service_model()
    if name not in model.operation_names:
        raise UnknownOperation(f"ECS has no operation named {name!r}.")
    return cast(StructureShape, model.operation_model(name).input_shape)


def check_request(name: str, request: Record) -> None:
    """Raise InvalidParameter unless the request has the shape of the operation's input."""
    shape = input_shape(name)
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        raise InvalidParameter(report.generate_report())
    _check_enumerations(request, shape, "")


def _check_enumerations(value: Any, shape: Shape, path: str) -> None:
    if isinstance(shape, StructureShape):
        for key, member in shape.members.items():
            if value.get(key) is not None:
                _check_enumerations(value[key], member, f"{path}.{key}".lstrip("."))
    elif isinstance(shape, ListShape):
        for item in value:
            _check_enumerations(item, shape.member, path)
    elif isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        raise InvalidParameter(f"{path} must be one of {', '.join(shape.enum)}, not {value!r}.")
