"""Bodies of the sweeps that go over all features.

Every one may run twice, late, or beside itself: each does what is left to do.
"""

from typing import Any

import msgspec

from chalicelib.core.entry_points import EVERY_HOUR, EVERY_MINUTE, by_hand, daily_at, schedule
from chalicelib.core.sweeps import MAY_SWEEP
from chalicelib.metering import rights as metering
from chalicelib.upkeep import audit, canary, contents, rights, stored


@schedule(
    EVERY_MINUTE,
    name="canary",
    alarm="notebooks",
    may=("put the canary's rows", "get servers", "get, put hearing"),
)
def check_hearing() -> None:
    """Schedule: report as an agent does, and note whether the service heard it."""
    canary.check()


@schedule(EVERY_HOUR, alarm="notebooks", timeout_seconds=900, may=rights.SWEEP_CONTENTS)
def sweep_contents() -> None:
    """Sweep: delete contents that nothing names any more."""
    contents.sweep()


@schedule(
    daily_at(0, 2),
    alarm="billing",
    timeout_seconds=900,
    may=(
        *MAY_SWEEP,
        "scan byte_counters",
        *metering.BEGIN_USES,
        *metering.RECORD_USES,
    ),
)
def sample_storage() -> None:
    """Sweep: record what every account stores."""
    stored.record()


@schedule(daily_at(3, 30), alarm="billing", timeout_seconds=900, may=(*MAY_SWEEP, *rights.AUDIT))
def reconcile_usage() -> None:
    """Schedule: compare the whole chain of this and last month; differences are errors."""
    audit.recent_months()


@by_hand(timeout_seconds=900, alarm="billing", may=rights.AUDIT)
def reconcile_month(event: dict[str, Any]) -> list[dict[str, Any]]:
    """For an operator: the reports of `month` (of `account_id` alone, if there is one)."""
    reports = audit.of_month(event["month"], event.get("account_id"))
    return [msgspec.to_builtins(report) for report in reports]
