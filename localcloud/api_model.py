"""Checks requests against botocore's model of a service."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, cast

from botocore.loaders import Loader
from botocore.model import ListShape, ServiceModel, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

Record = dict[str, Any]
"""A JSON object as it goes over the wire."""

MakeError = Callable[[str], Exception]


class ApiModel:
    """Botocore's description of one service; the errors are the service's own."""

    def __init__(self, service: str, invalid: MakeError, unknown: MakeError) -> None:
        self._service = service
        self._invalid = invalid
        self._unknown = unknown

    @cached_property
    def service(self) -> ServiceModel:
        """The whole description, read once."""
        return ServiceModel(Loader().load_service_model(self._service, "service-2"), self._service)

    def input_shape(self, name: str) -> StructureShape:
        """What an operation takes; raises the error for an unknown operation."""
        if name not in self.service.operation_names:
            raise self._unknown(f"There is no operation named {name!r}.")
        return cast(StructureShape, self.service.operation_model(name).input_shape)

    def check_request(self, name: str, request: Record) -> None:
        """Raise the error for an invalid request unless it has the shape of the input."""
        shape = self.input_shape(name)
        report = ParamValidator().validate(request, shape)
        if report.has_errors():
            raise self._invalid(report.generate_report())
        self._check_enumerations(request, shape, "")

    def _check_enumerations(self, value: Any, shape: Shape, path: str) -> None:
        if isinstance(shape, StructureShape):
            for key, member in shape.members.items():
                if value.get(key) is not None:
                    self._check_enumerations(value[key], member, f"{path}.{key}".lstrip("."))
        elif isinstance(shape, ListShape):
            for item in value:
                self._check_enumerations(item, shape.member, path)
        elif isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
            known = ", ".join(shape.enum)
            raise self._invalid(f"{path} must be one of {known}, not {value!r}.")
