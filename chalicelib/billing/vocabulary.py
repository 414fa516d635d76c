"""The closed sets of words that billing uses, and the API tells."""

from enum import StrEnum

from chalicelib.core.vocabulary import Vocabulary


class PaymentStatus(StrEnum):
    """How an account pays."""

    FREE = "free"
    ACTIVE = "active"
    CANCELING = "canceling"
    """Its plan ends with the period that is paid for."""
    PAST_DUE = "past_due"
    """An invoice is unpaid, and everything goes on for now."""
    UNPAID = "unpaid"
    """An invoice is unpaid, and nothing new starts."""


class NoticeKind(StrEnum):
    """What an account's owner should know about money."""

    PAYMENT_FAILED = "payment_failed"
    STARTS_BLOCKED = "starts_blocked"
    STOPPING = "stopping"
    """An invoice stayed unpaid, and everything was stopped."""
    LIMIT_50 = "limit_50"
    LIMIT_80 = "limit_80"
    LIMIT_REACHED = "limit_reached"
    CANCELING = "canceling"


class NoticeLevel(StrEnum):
    """How grave a notice is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Effective(StrEnum):
    """When a change of plan takes effect."""

    NOW = "now"
    PERIOD_END = "period_end"


class LineKind(StrEnum):
    """What a line of an invoice is for."""

    PLAN = "plan"
    USAGE = "usage"
    CREDIT = "credit"
    OTHER = "other"


class InvoiceStatus(Vocabulary):
    """Where an invoice is, in Stripe's words (API reference, Invoice, `status`)."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"
    UNKNOWN = "unknown"
