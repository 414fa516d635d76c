"""The errors ECS answers with, by the service's own codes."""


class EcsError(Exception):
    """An error of the API; `code` is what SDKs raise, `message` what a person reads."""

    code = "ServerException"
    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ClientError(EcsError):
    """The request cannot be carried out as asked."""

    code = "ClientException"


class InvalidParameter(EcsError):
    """A parameter is missing, of a wrong type or of a wrong value."""

    code = "InvalidParameterException"


class ClusterNotFound(EcsError):
    """There is no ACTIVE cluster of that name."""

    code = "ClusterNotFoundException"

    def __init__(self) -> None:
        super().__init__("Cluster not found.")


class ClusterNotEmpty(EcsError):
    """The cluster to be deleted still has tasks."""

    code = "ClusterContainsTasksException"


class ClusterHasServices(EcsError):
    """The cluster to be deleted still has services."""

    code = "ClusterContainsServicesException"


class ServiceNotFound(EcsError):
    """There is no service of that name in the cluster."""

    code = "ServiceNotFoundException"

    def __init__(self) -> None:
        super().__init__("Service not found.")


class ServiceNotActive(EcsError):
    """The service is draining or was deleted."""

    code = "ServiceNotActiveException"

    def __init__(self) -> None:
        super().__init__("Service was not ACTIVE.")


class TargetNotFound(EcsError):
    """The resource to be tagged does not exist."""

    code = "InvalidParameterException"

    def __init__(self, arn: str) -> None:
        super().__init__(f"The specified resource could not be found: {arn}")


class Conflict(EcsError):
    """A client token was used before with other parameters."""

    code = "ConflictException"


class UnknownOperation(EcsError):
    """ECS has no operation of that name."""

    code = "UnknownOperationException"


class NotImplementedHere(EcsError):
    """ECS has the operation or option, this stand-in does not; it never guesses an answer."""

    code = "NotImplementedException"
    status = 501
