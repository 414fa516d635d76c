"""Write `.chalice/` from the code.

python -m infra                    write it
python -m infra --check            only say what is stale in it
python -m infra --against main     say which rights functions gain and lose against a commit
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from infra import comparison, stack, state
from infra.cloudformation import Json
from infra.functions import Undeclared
from infra.grants import UnknownGrant
from infra.tables import Unclear

FOLDER = Path(__file__).resolve().parent.parent / ".chalice"


def main(arguments: list[str]) -> int:
    """Run the program. Gives its exit code: 1 if files are stale, 2 if it could not do its work."""
    parser = argparse.ArgumentParser(prog="python -m infra", description="Write .chalice/.")
    parser.add_argument("--check", action="store_true", help="say what is stale; write nothing")
    parser.add_argument("--against", metavar="COMMIT", help="print gained and lost rights")
    options = parser.parse_args(arguments)
    try:
        files = stack.files()
        if options.against:
            return _compare(options.against, files)
    except (Unclear, Undeclared, UnknownGrant) as error:
        print(f"Nothing was written. {error}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        print(f"There is no commit to compare with: {error.stderr}", file=sys.stderr)
        return 2
    return _check(files) if options.check else _write(files)


def _check(files: dict[str, str]) -> int:
    stale = list(stack.stale(FOLDER, files))
    for name in stale:
        print(f".chalice/{name} is not up to date. Run: .venv/bin/python -m infra")
    return 1 if stale else 0


def _write(files: dict[str, str]) -> int:
    if frozen := list(state.frozen(committed(FOLDER))):
        print("Nothing was written:", *frozen, sep="\n  ", file=sys.stderr)
        return 2
    stale = list(stack.stale(FOLDER, files))
    stack.write(FOLDER, files)
    print(f".chalice: {len(stale) or 'no'} files changed")
    print(_of_the_state(json.loads(files["state.json"])))
    return 0


def _compare(commit: str, files: dict[str, str]) -> int:
    before, after = comparison.committed(commit, FOLDER), comparison.policies(files)
    lines = list(comparison.differences(before, after))
    print("\n".join(lines) or "The same rights.")
    return 0


def committed(folder: Path) -> Json | None:
    """What was written of the state's shapes before, if anything was."""
    path = folder / "state.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def _of_the_state(document: Json) -> str:
    released = "released" if state.VERSION in state.RELEASED else "not released"
    return f"state: version {state.VERSION}, {released}, shapes {state.fingerprint(document)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
