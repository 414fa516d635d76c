"""`python -m ramon`, and the command `ramon`."""

import sys

from ramon.cli import main

if __name__ == "__main__":
    sys.exit(main())
