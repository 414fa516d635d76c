"""The errors AWS Batch answers with, by the service's own codes."""


class BatchError(Exception):
    """An error of the API; `code` is what SDKs raise, `message` what a person reads."""

    code = "ServerException"
    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ClientError(BatchError):
    """The request cannot be carried out as asked: Batch's one code for all that a client does."""

    code = "ClientException"


class UnknownOperation(BatchError):
    """Batch has no operation at that address."""

    code = "UnknownOperationException"
    status = 404


class NotImplementedHere(BatchError):
    """Batch has the operation or option, this stand-in does not; it never guesses an answer."""

    code = "NotImplementedException"
    status = 501


def refuse_unsupported(request: dict[str, object], *options: str) -> None:
    """Raise NotImplementedHere if the request uses one of these options."""
    used = [name for name in options if request.get(name)]
    if used:
        raise NotImplementedHere(f"Not part of this stand-in: {', '.join(used)}.")
