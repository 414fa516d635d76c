"""The errors that services raise; `core.http` alone turns them into responses.

    RamonError
    ├── Invalid               422  the input is wrong; the message says which part and why
    ├── BadRequest            400  the request can't be read at all
    ├── SignedOut             401  nobody is signed in, or no longer
    ├── PaymentRequired       402  the bank or card refused; nothing was changed
    ├── Forbidden             403  signed in, and still not allowed
    ├── NotFound              404  there is no such thing, or it is somebody else's
    ├── Conflict              409  it can't be done in the present state
    ├── Gone                  410  it was there, and has ended for good
    ├── VersionMismatch       412  it was changed by somebody since it was read
    ├── TooLarge              413
    ├── TooEarly              425  it will be possible in a moment; ask again
    ├── VersionRequired       428  an update without `If-Match`
    ├── TooManyRequests       429
    └── Upstream              502  a service we depend on failed us

A message is written for the person who reads it: what happened, and what to do now.
"""

from typing import Any, ClassVar

import msgspec


class RamonError(Exception):
    """Base of every error that a user may see."""

    status: ClassVar[int] = 500
    code = "internal"

    def __init__(self, message: str, *, code: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.details = details


class Invalid(RamonError):
    """The input is well-formed but wrong."""

    status = 422
    code = "invalid"


class BadRequest(RamonError):
    """The request can't be read: not JSON, not UTF-8, a malformed header."""

    status = 400
    code = "bad_request"


class SignedOut(RamonError):
    """Nobody is signed in, or the session or token has ended."""

    status = 401
    code = "signed_out"


class PaymentRequired(RamonError):
    """A payment was refused, and what it was for is not done."""

    status = 402
    code = "payment_failed"


class Forbidden(RamonError):
    """Known, but not allowed: another site's request, or a token without the scope."""

    status = 403
    code = "forbidden"


class NotFound(RamonError):
    """No such thing. Other people's things are not found either, so that ids tell nothing."""

    status = 404
    code = "not_found"


class Conflict(RamonError):
    """The present state doesn't allow it; `code` says which rule."""

    status = 409
    code = "conflict"


class Gone(RamonError):
    """It has ended for good; asking again is pointless."""

    status = 410
    code = "gone"


class VersionMismatch(RamonError):
    """Somebody changed it since it was read; `details` carries the present version."""

    status = 412
    code = "version_mismatch"


class TooLarge(RamonError):
    """More bytes than allowed; the message names the limit."""

    status = 413
    code = "too_large"


class TooEarly(RamonError):
    """What it needs is not there yet; asking again in a moment will do."""

    status = 425
    code = "too_early"


class VersionRequired(RamonError):
    """An update must say which version it changes (`If-Match`)."""

    status = 428
    code = "if_match_required"


class TooManyRequests(RamonError):
    """Over the rate limit; `details.retry_after` is in seconds."""

    status = 429
    code = "too_many_requests"


class Upstream(RamonError):
    """Something we depend on failed; trying again may help."""

    status = 502
    code = "upstream"


class ErrorDetail(msgspec.Struct):
    """What went wrong, in a word for programs and a sentence for people."""

    code: str
    message: str
    details: dict[str, Any]


class ErrorBody(msgspec.Struct):
    """The one shape of every error."""

    error: ErrorDetail


def error_body(error: RamonError) -> ErrorBody:
    """The error in the shape that is sent."""
    details = {name: value for name, value in error.details.items() if value is not None}
    return ErrorBody(ErrorDetail(error.code, error.message, details))
