"""Faults on request: how a test finds out what the service does when Stripe or the network fails.

A fault belongs to an operation (`POST /v1/billing/meter_events`) or to the webhooks of a type
(`webhook invoice.paid`, `webhook *`), and happens a number of times.
"""

from dataclasses import dataclass
from typing import Any

REQUEST_FAULTS = ("drop_after_commit", "drop_before", "500_before", "500_after", "429", "delay")
"""Of a request: no answer after the work or instead of it; an error instead of the work or after
it; too many requests; a late answer."""

WEBHOOK_FAULTS = ("duplicate", "reorder", "delay")
"""Of a delivery: twice; after all others that are due; late."""

HEADER = "x-stand-in-fault"
"""Names a request's own fault, in place of a rule."""


class UnknownFault(ValueError):
    """There is no such fault; the message names those that there are."""


@dataclass
class Fault:
    """A rule for the next `times` matches."""

    operation: str
    fault: str
    times: int = 1
    seconds: float = 1.0


class Faults:
    """The rules in force; a restart forgets them."""

    def __init__(self) -> None:
        self.rules: list[Fault] = []

    def add(self, wanted: dict[str, Any]) -> Fault:
        """A rule from its JSON; raises UnknownFault."""
        operation = str(wanted.get("operation", ""))
        fault = str(wanted.get("fault", "")).replace("-", "_")
        check(fault, WEBHOOK_FAULTS if operation.startswith("webhook ") else REQUEST_FAULTS)
        rule = Fault(operation, fault, int(wanted.get("times", 1)), float(wanted.get("seconds", 1)))
        self.rules.append(rule)
        return rule

    def take(self, operations: tuple[str, ...], faults: tuple[str, ...]) -> Fault | None:
        """The rule that strikes now, if any."""
        for rule in self.rules:
            if rule.operation in operations and rule.fault in faults and rule.times > 0:
                rule.times -= 1
                return rule
        return None

    def of_request(self, operation: str, header: str | None) -> Fault | None:
        """What happens to a request: what its header says, or a rule; raises UnknownFault."""
        if header:
            name = header.replace("-", "_")
            check(name, REQUEST_FAULTS)
            return Fault(operation, name)
        return self.take((operation,), REQUEST_FAULTS)

    def of_webhook(self, kind: str, *faults: str) -> Fault | None:
        """Which of these faults happens to the delivery of an event."""
        return self.take((f"webhook {kind}", "webhook *"), faults)


def check(fault: str, known: tuple[str, ...]) -> None:
    """Raise UnknownFault unless there is such a fault."""
    if fault not in known:
        raise UnknownFault(f"The fault must be one of {', '.join(known)}, not {fault!r}.")
