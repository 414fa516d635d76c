"""What a rule finds."""

from typing import NamedTuple


class Finding(NamedTuple):
    """One disagreement."""

    rule: str
    """Its kind, in snake case."""

    subject: str
    """The id of what is wrong."""

    message: str
    """What disagrees with what, for a person."""
