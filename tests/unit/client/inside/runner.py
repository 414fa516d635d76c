"""Runs the checks of one module, each whatever became of those before it."""

import importlib
import inspect
import json
import sys
import traceback
from collections.abc import Callable


def run(module: str, *arguments: str) -> None:
    """Call every public function of `module`; print what each raised, "" if nothing, as JSON.

    The module finds the arguments in `sys.argv`, as a program does.
    """
    sys.argv[1:] = arguments
    home = importlib.import_module(f"inside.{module}")
    said = {}
    for name, check in vars(home).items():
        own = inspect.isfunction(check) and check.__module__ == home.__name__
        if own and not name.startswith("_"):
            said[name] = _called(check)
    if cluster := vars(home).get("CLUSTER"):
        cluster.close()
    sys.stdout.write(f"\n{json.dumps(said)}\n")


def _called(check: Callable[[], object]) -> str:
    try:
        check()
    except BaseException:  # noqa: BLE001 - it is told, not lost
        return traceback.format_exc()
    return ""
