"""What is going on, for people: on standard error, because the report goes to standard output."""

import sys


def say(text: str) -> None:
    """One line."""
    print(text, file=sys.stderr, flush=True)
