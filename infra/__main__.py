"""`python -m infra` writes `.chalice/` from the code; `--check` only says what is stale in it."""

import sys
from pathlib import Path

from infra import stack
from infra.functions import Undeclared
from infra.grants import UnknownGrant
from infra.tables import Unclear

FOLDER = Path(__file__).resolve().parent.parent / ".chalice"


def main(arguments: list[str]) -> int:
    """Run the program. Gives its exit code."""
    try:
        files = stack.files()
    except (Unclear, Undeclared, UnknownGrant) as error:
        print(f"Nothing was written. {error}", file=sys.stderr)
        return 2
    differing = list(stack.stale(FOLDER, files))
    if "--check" in arguments:
        for name in differing:
            print(f".chalice/{name} is not up to date. Run: .venv/bin/python -m infra")
        return 1 if differing else 0
    stack.write(FOLDER, files)
    print(f".chalice: {len(differing) or 'no'} files changed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
