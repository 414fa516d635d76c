"""Closed sets of words that rows hold and the API tells."""

from enum import StrEnum
from typing import Self


class Vocabulary(StrEnum):
    """A closed set of words, one of which is `UNKNOWN`.

    While a deployment goes on, or after one was taken back, a row may hold a word of another
    version. It is read as `unknown`: the API shows the row without it, instead of failing for the
    whole list. No request may say `unknown`.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls.__members__.get("UNKNOWN") if isinstance(value, str) else None
