"""Whether the service can hear those who report to it. Silence says nothing while it is deaf.

Agents renew leases through the public API; whoever does not is stopped. So before anybody is,
two facts must hold that nobody who is silent, and no single account, can bring about:

1. The canary was heard. Each minute it reports as agents do, through the same addresses and code
   (`upkeep/canary.py`), and what it is told is noted here. While it is not heard, all silence is
   held against the service alone; and once it is heard again, everybody has a whole lease anew.
2. Of the other accounts' agents at least half are heard. Where fewer are, something is wrong that
   the canary does not meet, and everybody is waited for, for `HOLD_SECONDS` at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pynamodb.models import Model

from chalicelib.core import clock, db
from chalicelib.core.attributes import Integer, Text

GAP_SECONDS = 100
"""Longest time between two reports of the canary that were heard: it reports each minute, and
EventBridge may be late. Leases must be longer than this and a report's interval together, or an
outage that fits between two canaries would end them."""
SAVE_HOLD_SECONDS = 600
"""How long stops for money are put off while the service is deaf, so that what they stop can save
what it has: a limit or a budget may be passed by what is used in that time."""
HOLD_SECONDS = 1800
"""How long after its lease's end somebody is waited for because most others are silent too."""
_API = "api"


class Heard(Model):
    """That the canary has been heard each minute from the second `since` to the second `until`."""

    class Meta(db.BaseMeta):
        """Table `hearing`."""

        table_name = db.table("hearing")

    id = Text(hash_key=True)
    since = Integer()
    until = Integer()


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is known at a moment of whether reports arrive.

    since: the second since which the canary has been heard each minute; None while it is not.
    voices: accounts whose agents should report, by whether any of them did lately.
    """

    since: int | None
    voices: Mapping[str, bool] = field(default_factory=dict)

    def has_heard_for(self, seconds: int) -> bool:
        """Whether the canary has been heard, without a gap, for so many seconds."""
        return self.since is not None and self.since + seconds <= clock.seconds()

    def is_silent(self, account_id: str, lease_expires_at: int | None, lease_seconds: int) -> bool:
        """Whether somebody whose lease of so many seconds ended then has truly fallen silent."""
        if lease_expires_at is None or lease_expires_at > clock.seconds():
            return False
        if not self.has_heard_for(lease_seconds):
            return False
        is_held = clock.seconds() < lease_expires_at + HOLD_SECONDS
        return not (is_held and self.most_are_silent(but=account_id))

    def most_are_silent(self, but: str) -> bool:
        """Whether fewer than half of the other accounts' agents are heard.

        By accounts, so that one with many servers has one voice.
        """
        others = [heard for account_id, heard in self.voices.items() if account_id != but]
        return 2 * sum(others) < len(others)


def now(voices: Mapping[str, bool] | None = None) -> Hearing:
    """What is known now; `voices` as in `Hearing`."""
    heard = _read()
    is_deaf = heard is None or clock.seconds() - heard.until > GAP_SECONDS
    return Hearing(None if heard is None or is_deaf else heard.since, voices or {})


def may_stop_for_money() -> bool:
    """Whether what is stopped now can save its files and results first.

    True, too, if the service has been deaf for so long that nobody waits for it any more.
    """
    heard = _read()
    if heard is None:
        return True
    silent = clock.seconds() - heard.until
    return not GAP_SECONDS < silent <= GAP_SECONDS + SAVE_HOLD_SECONDS


def note() -> None:
    """The canary was heard just now."""
    at, before = clock.seconds(), _read()
    goes_on = before is not None and at - before.until <= GAP_SECONDS
    Heard(_API, since=before.since if before and goes_on else at, until=at).save()


def _read() -> Heard | None:
    return db.find_readable(Heard, _API)
