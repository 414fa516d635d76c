"""Whether a job that failed is tried again (Batch user guide, "Automated job retries")."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from localcloud.api_model import Record
from localcloud.batch.errors import ClientError

MOST_ATTEMPTS = 10
MOST_CONDITIONS = 5
SHORTEST_TIMEOUT = 60
"""Seconds (Batch API reference, JobTimeout)."""


@dataclass(frozen=True)
class End:
    """How an attempt ended."""

    status_reason: str
    stopped_at: float
    """Seconds since 1970."""

    exit_code: int | None = None
    reason: str | None = None
    """What the container runtime says."""

    final: bool = False
    """Somebody wanted the end of the job, so that nothing is tried again."""

    @property
    def succeeded(self) -> bool:
        """Whether the job did what it was to do."""
        return self.exit_code == 0 and not self.final


def is_retried(record: Record, end: End) -> bool:
    """Whether a job gets another attempt; record: with the attempt that ended."""
    strategy = record["retryStrategy"]
    if end.succeeded or end.final or len(record["attempts"]) >= strategy["attempts"]:
        return False
    for condition in strategy["evaluateOnExit"]:
        if _matches(condition, end):
            return bool(condition["action"].upper() == "RETRY")
    return True


def check_retry_strategy(strategy: Record) -> None:
    """Raise ClientError for a strategy that Batch refuses."""
    if not strategy:
        return
    conditions = strategy.get("evaluateOnExit", [])
    if conditions and "attempts" not in strategy:
        raise ClientError("retryStrategy.attempts must be specified with evaluateOnExit.")
    if not 1 <= strategy.get("attempts", 1) <= MOST_ATTEMPTS:
        raise ClientError(f"retryStrategy.attempts must be from 1 to {MOST_ATTEMPTS}.")
    if len(conditions) > MOST_CONDITIONS:
        raise ClientError(f"evaluateOnExit can have at most {MOST_CONDITIONS} conditions.")


def check_timeout(timeout: Record) -> None:
    """Raise ClientError for a timeout that Batch refuses."""
    seconds = timeout.get("attemptDurationSeconds", SHORTEST_TIMEOUT)
    if seconds < SHORTEST_TIMEOUT:
        raise ClientError(f"attemptDurationSeconds must be at least {SHORTEST_TIMEOUT}.")


def _matches(condition: Record, end: End) -> bool:
    """Whether all that the condition names is so; a pattern may end with an asterisk."""
    facts = {
        "onStatusReason": end.status_reason,
        "onReason": end.reason or "",
        "onExitCode": "" if end.exit_code is None else str(end.exit_code),
    }
    return all(
        fnmatchcase(fact, condition[name]) for name, fact in facts.items() if name in condition
    )
