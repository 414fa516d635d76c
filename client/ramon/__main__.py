"""`python -m ramon` and the command `ramon`."""

import sys


def main() -> int:
    """Run the command line. Returns the exit status."""
    return 0


if __name__ == "__main__":
    sys.exit(main())
