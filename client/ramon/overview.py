"""What runs, and what it costs: from a notebook, or from anywhere with an API token."""

from __future__ import annotations

from ramon._account import door
from ramon.info import ClusterInfo, Usage


def clusters(*, ended: bool = False) -> list[ClusterInfo]:
    """Clusters, newest first; with `ended`, those that stopped too.

    In a notebook these are its own. Elsewhere they are all of the account, by an API token
    (`ramon login`). Raises NotSignedIn and ServiceUnavailable.
    """
    return door().clusters(ended=ended)


def usage() -> Usage:
    """What the account has used this month, and what everything that runs costs an hour now.

    Raises NotSignedIn and ServiceUnavailable.
    """
    return door().usage()
