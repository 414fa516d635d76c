"""Numbers as people say them, in messages."""


def minutes(count: int) -> str:
    """`a minute`, or `5 minutes`."""
    return "a minute" if count == 1 else f"{count} minutes"
