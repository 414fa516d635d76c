"""What a check found."""

from typing import NamedTuple


class Finding(NamedTuple):
    """One place that breaks a rule, printed as compilers do: `file:line: what`."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"
