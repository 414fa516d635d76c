"""`python -m ops.checks NAME…`: run the named checks, print what they find, exit 1 if anything."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from ops.checks import cloud, code, files, state
from ops.checks.finding import Finding

_ROOT = Path(__file__).resolve().parents[2]

_CHECKS: dict[str, Callable[[Path], Iterator[Finding]]] = {
    "code": code.findings,
    "files": files.findings,
    "cloud": cloud.findings,
    "state": state.findings,
}


def main(names: list[str]) -> int:
    """Run the checks called `names`. Returns the exit status."""
    if unknown := [name for name in names or ["?"] if name not in _CHECKS]:
        print(f"No such check: {', '.join(unknown)}. Checks: {', '.join(_CHECKS)}")
        return 2
    found = 0
    for name in names:
        for finding in _CHECKS[name](_ROOT):
            print(finding)
            found += 1
    print(f"{', '.join(names)}: {found or 'no'} finding{'s' if found > 1 else ''}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
