"""Stripe's errors: one exception, and the forms in which the stand-in raises it."""

from typing import Any

DOCS = "https://docs.stripe.com/error-codes"


class StripeError(Exception):
    """An answer in Stripe's error form; `kept` says that what was done stays done."""

    def __init__(
        self, status: int, kind: str, message: str, *, kept: bool = False, **more: str
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.kept = kept
        self.more = more

    @property
    def headers(self) -> dict[str, str]:
        """What the SDK reads to know whether to try again."""
        if self.status == 429:
            return {"Stripe-Should-Retry": "true"}
        return {"Stripe-Should-Retry": "false"} if self.status < 500 else {}

    def body(self) -> dict[str, Any]:
        """As Stripe writes it."""
        error = {"type": self.kind, "message": self.message} | self.more
        if "code" in error:
            error["doc_url"] = f"{DOCS}#{error['code'].replace('_', '-')}"
        return {"error": error}


def invalid(message: str, param: str = "", code: str = "") -> StripeError:
    """400: the request cannot be done as it is."""
    error = StripeError(400, "invalid_request_error", message)
    named = {"param": param, "code": code}
    error.more |= {name: value for name, value in named.items() if value}
    return error


def missing(what: str, id_: str, param: str = "id") -> StripeError:
    """404 for what the path names, 400 for what a parameter names."""
    status = 404 if param == "id" else 400
    message = f"No such {what.rsplit('.', 1)[-1].replace('_', ' ')}: '{id_}'"
    return StripeError(
        status, "invalid_request_error", message, code="resource_missing", param=param
    )


def not_here(message: str) -> StripeError:
    """501: Stripe can do this, or may be able to; the stand-in cannot."""
    return StripeError(501, "api_error", f"{message} It is not part of this stand-in for Stripe.")


def declined(decline_code: str, *, kept: bool = False) -> StripeError:
    """402: the card's bank said no."""
    message = "Your card was declined."
    if decline_code == "insufficient_funds":
        message = "Your card has insufficient funds."
    return StripeError(
        402,
        "card_error",
        message,
        kept=kept,
        code="card_declined",
        decline_code=decline_code,
    )
