"""Builds what is deployed: the template and the zips of the Lambda functions.

`chalice package` does the work in a folder of its own (`build/<stage>`), which holds the
application and nothing else. Two things are done around it:

- Dependencies are installed by pip into `vendor/`, whose contents Chalice puts into the layer.
  Chalice's own way of downloading wheels knows no hashes.
- Bytecode is compiled into both zips. Without it, a cold start takes twice as long.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
"""The checkout."""

_SOURCES = ("app.py", "chalicelib", ".chalice", "stepfunctions", "requirements.txt", "ops/deploy")
_WHEELS = {"arm64": "manylinux2014_aarch64", "x86_64": "manylinux2014_x86_64"}
_CHALICE = str(Path(sys.executable).with_name("chalice"))


class PackagingFailed(Exception):
    """pip or chalice refused; the message is what they said."""


@dataclass(frozen=True)
class Package:
    """What `chalice package` made."""

    template: dict[str, Any]
    """The CloudFormation template, which names the zips by their file names."""

    zips: dict[str, Path]
    """The zips, by the address that the template gives them: `./deployment.zip`."""


def fingerprint(parameters: dict[str, str], architecture: str, root: Path = ROOT) -> str:
    """A hash over everything that a deployment depends on."""
    tools = [sys.version_info[:2], version("chalice")]
    digest = hashlib.sha256(json.dumps([parameters, architecture, tools]).encode())
    for path in _files(root):
        digest.update(f"\0{path.relative_to(root)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for source in _SOURCES:
        path = root / source
        found = [path] if path.is_file() else path.rglob("*")
        yield from sorted(p for p in found if p.is_file() and _is_source(p))


def _is_source(path: Path) -> bool:
    return "__pycache__" not in path.parts and "deployments" not in path.parts


def build(stage: str, architecture: str, root: Path = ROOT, folder: Path | None = None) -> Package:
    """Package the application for `stage`. Raises `PackagingFailed`.

    `folder` is emptied and worked in; without it, `build/<stage>`. What is in there from the
    last time is taken if no source has changed since.
    """
    folder = folder or root / "build" / stage
    sources, stamp = fingerprint({}, architecture, root), folder / "packaged"
    with _alone(root):
        if not stamp.exists() or stamp.read_text() != sources:
            _package(stage, architecture, root, folder)
            stamp.write_text(sources)
    out = folder / "out"
    return Package(
        template=json.loads((out / "sam.json").read_text()),
        zips={f"./{path.name}": path for path in sorted(out.glob("*.zip"))},
    )


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Wait until no other process packages: they would write to the same files below `build`."""
    (root / "build").mkdir(exist_ok=True)
    shared = os.open(root / "build", os.O_RDONLY)
    try:
        fcntl.flock(shared, fcntl.LOCK_EX)
        yield
    finally:
        os.close(shared)


def _package(stage: str, architecture: str, root: Path, folder: Path) -> None:
    _stage_sources(folder, architecture, root)
    _link_dependencies(folder, architecture, root)
    merge = ["--template-format", "json", "--merge-template", ".chalice/resources.json"]
    _run([_CHALICE, "package", "--stage", stage, *merge, "out"], folder)
    _add_bytecode(folder / "out" / "deployment.zip")


def _stage_sources(folder: Path, architecture: str, root: Path) -> None:
    """Copy the application, so that nothing else that lies around can get into a zip."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy2(root / "app.py", folder)
    shutil.copytree(
        root / "chalicelib", folder / "chalicelib", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(
        root / ".chalice", folder / ".chalice", ignore=shutil.ignore_patterns("deploy*")
    )
    config = json.loads((root / ".chalice" / "config.json").read_text())
    config["lambda_architecture"] = architecture
    (folder / ".chalice" / "config.json").write_text(json.dumps(config))
    # Chalice keeps its zips here, by hash; the layer's takes a while to make.
    kept = root / "build" / "deployments"
    kept.mkdir(parents=True, exist_ok=True)
    (folder / ".chalice" / "deployments").symlink_to(kept)


def _link_dependencies(folder: Path, architecture: str, root: Path) -> None:
    """Let `vendor` point to the installed dependencies, installing them if they have changed."""
    requirements = root / "requirements.txt"
    python = "{}.{}".format(*sys.version_info)
    key = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    installed = root / "build" / f"vendor-{key}-{python}-{architecture}"
    if not installed.exists():
        _install(requirements, installed, architecture, python)
    (folder / "vendor").symlink_to(installed)


def _install(requirements: Path, target: Path, architecture: str, python: str) -> None:
    """Install wheels for Lambda's processor and Python, whatever this machine has."""
    wheels = ["--only-binary=:all:", "--implementation=cp", f"--python-version={python}"]
    wheels += [f"--platform={_WHEELS[architecture]}", "--require-hashes", "-r", str(requirements)]
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="vendor-") as scratch:
        made = Path(scratch, "made")
        quiet = ["--quiet", "--disable-pip-version-check", "--no-compile", f"--target={made}"]
        _run([sys.executable, "-m", "pip", "install", *quiet, *wheels], target.parent)
        shutil.rmtree(made / "bin", ignore_errors=True)
        _compile(made)
        # Whole or not at all, for whoever else may be packaging.
        if not target.exists():
            made.rename(target)


def _compile(folder: Path) -> None:
    """Compile every module, so that its bytecode is used without a look at its source.

    In a process of its own: bytecode depends a little on what a process did before.
    """
    how = ["-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "-s", str(folder)]
    _run([sys.executable, "-m", "compileall", *how, str(folder)], folder)


def _run(command: list[str], folder: Path) -> None:
    environment = os.environ | {
        "AWS_DEFAULT_REGION": "us-east-1",  # chalice insists on one, and calls nothing there
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",  # the same sources make the same bytecode
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PackagingFailed(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def _add_bytecode(path: Path) -> None:
    """Put compiled modules beside the sources in a zip. Nothing will check them for age."""
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(path, "a") as archive:
        archive.extractall(scratch)
        _compile(Path(scratch))
        for compiled in sorted(Path(scratch).rglob("*.pyc")):
            # Without the time of this moment: the same sources make the same zip.
            entry = zipfile.ZipInfo(compiled.relative_to(scratch).as_posix())
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, compiled.read_bytes())
