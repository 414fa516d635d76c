"""What can go wrong, as one tree. Every message says what happened and what to do about it.

RamonError
├── NotInNotebook        clusters are started from a running notebook
├── NotSignedIn          no API token here, or one that is not accepted
├── InvalidValue         an argument can't be used (also a ValueError)
├── NameTaken            a cluster of that name runs beside this notebook
├── ClusterNotFound      no cluster has that name (also a LookupError)
├── PlanError            the plan does not include this
├── QuotaError           more than the plan, or AWS for this service, lets run at once
├── BudgetError          a budget, a spend limit or a payment stands in the way
├── CapacityError        AWS, or this service, has no such machines free now
├── EnvironmentMismatch  workers could not be made like the notebook
├── ClusterStopped       the cluster stopped: why, what it cost, where its results are
│                        (also a RuntimeError, as of an executor that was shut down)
├── NotPicklable         a function or argument can't be sent to workers (also a TypeError)
└── ServiceUnavailable   nobody answered: try again
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

__all__ = [
    "BudgetError",
    "CapacityError",
    "ClusterNotFound",
    "ClusterStopped",
    "EnvironmentChanged",
    "EnvironmentMismatch",
    "InvalidValue",
    "NameTaken",
    "NotInNotebook",
    "NotPicklable",
    "NotSignedIn",
    "PlanError",
    "QuotaError",
    "RamonError",
    "ServiceUnavailable",
]


class RamonError(Exception):
    """Base of all errors of this library.

    code: the service's own word for it, such as ``too_many_vcpus``; "" if it came from here.
    details: what else the service said, by name.
    """

    def __init__(
        self, message: str, *, code: str = "", details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.details = dict(details or {})


class NotInNotebook(RamonError):
    """Clusters are started beside the kernel of a running notebook; this is not one."""


class NotSignedIn(RamonError):
    """There is no API token on this machine, or the service does not accept it."""


class InvalidValue(RamonError, ValueError):
    """An argument can't be used; the message says which, and what would do."""


class NameTaken(RamonError):
    """A cluster of this name already runs beside this notebook."""


class ClusterNotFound(RamonError, LookupError):
    """No cluster of this name, or none that can still be connected to."""


class PlanError(RamonError):
    """The account's plan does not include this."""


class QuotaError(RamonError):
    """More at once than the plan, or AWS, allows."""


class BudgetError(RamonError):
    """A budget, a monthly limit or an open payment stands in the way."""


class CapacityError(RamonError):
    """There are no such machines free now."""


class EnvironmentMismatch(RamonError):
    """The notebook's packages or modules could not be given to the workers."""


class NotPicklable(RamonError, TypeError):
    """A function or an argument can't be sent to another machine."""


class ServiceUnavailable(RamonError):
    """Nobody answered, or not in time; later they may."""


class ClusterStopped(RamonError, RuntimeError):
    """The cluster no longer runs.

    reason: the service's word for why: idle, budget, limit, user, closed, no_client,
        scheduler_lost, …
    cost_usd: what the whole cluster cost, in US dollars; None when that is not known.
    saved_file: where results that were finished are kept; None when there are none.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        cost_usd: Decimal | None = None,
        saved_file: Path | None = None,
    ) -> None:
        super().__init__(message, code=reason)
        self.reason = reason
        self.cost_usd = cost_usd
        self.saved_file = saved_file


class EnvironmentChanged(UserWarning):
    """The workers have other packages, or newer modules, than this kernel."""


def from_service(status: int, error: Mapping[str, Any]) -> RamonError:
    """The error of an answer of the service: `status` of HTTP, and its ``error`` object."""
    code = str(error.get("code") or status)
    message = str(error.get("message") or f"The service answered {status} and did not say why.")
    hint = _HINTS.get(code, "")
    return _class_of(status, code)(
        f"{message} {hint}".rstrip(), code=code, details=error.get("details") or {}
    )


def from_problem(code: str, message: str) -> RamonError:
    """The error of a cluster whose `problem` kept it from starting."""
    return _BY_CODE.get(code, RamonError)(message, code=code)


def _class_of(status: int, code: str) -> type[RamonError]:
    if code in _BY_CODE:
        return _BY_CODE[code]
    return _BY_STATUS.get(status, ServiceUnavailable if status >= 500 else RamonError)


_BY_CODE: dict[str, type[RamonError]] = {
    "plan_cluster": PlanError,
    "plan_required": PlanError,
    "plan": PlanError,
    "too_many_vcpus": QuotaError,
    "vcpu_limit": QuotaError,
    "budget": BudgetError,
    "budget_too_small": BudgetError,
    "limit": BudgetError,
    "limit_reached": BudgetError,
    "payment_required": BudgetError,
    "unpaid": BudgetError,
    "no_capacity": CapacityError,
    "waiting_for_place": CapacityError,
    "environment": EnvironmentMismatch,
    "name_taken": NameTaken,
    "not_found": ClusterNotFound,
    "invalid": InvalidValue,
}
_BY_STATUS: dict[int, type[RamonError]] = {
    400: InvalidValue,
    401: NotSignedIn,
    402: BudgetError,
    403: NotSignedIn,
    404: ClusterNotFound,
    408: ServiceUnavailable,
    422: InvalidValue,
    429: ServiceUnavailable,
}
_HINTS = {
    "name_taken": "ramon.Cluster.from_name(…) connects to the one that runs.",
}
"""What this library can do about it, which the service cannot know."""
