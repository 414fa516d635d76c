"""What goes wrong on request, and what the account may have: both for tests and for people.

A restart forgets all of it.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

ENVIRONMENTS = QUEUES = 50
"""Compute environments and job queues that an account may have (Batch, "Service quotas")."""

VCPUS = 100_000
"""vCPUs of On-Demand instances, and as many of Spot instances, that an account may run. On AWS a
new account has few and asks for more; here they are as good as unlimited until somebody says so."""

TYPES = ("EC2", "SPOT")


class UnknownFault(ValueError):
    """There is no such switch or value; the message names those that there are."""


@dataclass
class Faults:
    """The switches as they are."""

    no_capacity: set[str] = field(default_factory=set)
    """Of EC2 and SPOT, what cannot be had at present."""

    slow_start: float = 0.0
    """Seconds that a host takes to come up; the job stays RUNNABLE meanwhile."""

    slow_changes: float = 0.0
    """Seconds more that environments and queues take for being made, changed and deleted."""

    environments: int = ENVIRONMENTS
    queues: int = QUEUES
    vcpus: int = VCPUS

    def set(self, changes: dict[str, Any]) -> None:
        """Change some switches; raises UnknownFault.

        `no_capacity` is a list of types, `slow_…` seconds, the quotas are numbers.
        """
        checked = {name: _checked(name, value) for name, value in changes.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    def reset(self) -> None:
        """Put every switch back."""
        self.set(Faults().shown())

    def shown(self) -> dict[str, Any]:
        """The switches as JSON."""
        return asdict(self) | {"no_capacity": sorted(self.no_capacity)}


def _checked(name: str, value: Any) -> Any:
    if name == "no_capacity":
        unknown = set(value) - set(TYPES) if isinstance(value, list) else {str(value)}
        if unknown:
            raise UnknownFault(f"no_capacity takes a list of {', '.join(TYPES)}.")
        return set(value)
    if name not in Faults().shown():
        raise UnknownFault(f"There is no switch {name!r}: {', '.join(Faults().shown())}.")
    if not isinstance(value, int | float) or value < 0:
        raise UnknownFault(f"{name} must be a number, not less than 0.")
    return float(value) if name.startswith("slow_") else int(value)
