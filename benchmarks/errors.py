"""What ends a measurement."""


class BenchmarkError(RuntimeError):
    """Something could not be measured; the message tells a person what, and what to do."""
