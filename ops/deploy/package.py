"""Builds what is deployed: the template and the zips of the Lambda functions.

`chalice package` does the work in a folder of its own (`build/<stage>`), which holds the
application and nothing else. Two things are done around it:

- Dependencies are installed by pip into `vendor/`, whose contents Chalice puts into the layer.
  Chalice's own way of downloading wheels knows no hashes.
- Bytecode is compiled into both zips. Without it, a cold start takes twice as long.
"""

import compileall
import hashlib
import json
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
"""The checkout."""

_SOURCES = ("app.py", "chalicelib", ".chalice", "stepfunctions", "requirements.txt", "ops/deploy")
_WHEELS = {"arm64": "manylinux2014_aarch64", "x86_64": "manylinux2014_x86_64"}
_CHALICE = str(Path(sys.executable).with_name("chalice"))
_BYTECODE = py_compile.PycInvalidationMode.UNCHECKED_HASH


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
    digest = hashlib.sha256(json.dumps([parameters, architecture, sys.version_info[:2]]).encode())
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


def build(stage: str, architecture: str, root: Path = ROOT) -> Package:
    """Package the application for `stage`. Raises `PackagingFailed`."""
    folder = root / "build" / stage
    _stage_sources(folder, architecture, root)
    _link_dependencies(folder, architecture, root)
    out = folder / "out"
    merge = ["--template-format", "json", "--merge-template", ".chalice/resources.json"]
    _run([_CHALICE, "package", "--stage", stage, *merge, str(out)], folder)
    _add_bytecode(out / "deployment.zip")
    return Package(
        template=json.loads((out / "sam.json").read_text()),
        zips={f"./{path.name}": path for path in sorted(out.glob("*.zip"))},
    )


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


def _link_dependencies(folder: Path, architecture: str, root: Path) -> None:
    """Let `vendor` point to the installed dependencies, installing them if they have changed."""
    requirements = root / "requirements.txt"
    version = "{}.{}".format(*sys.version_info)
    key = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    installed = root / "build" / f"vendor-{key}-{version}-{architecture}"
    if not installed.exists():
        _install(requirements, installed, architecture, version)
    (folder / "vendor").symlink_to(installed)


def _install(requirements: Path, target: Path, architecture: str, version: str) -> None:
    """Install wheels for Lambda's processor and Python, whatever this machine has."""
    wheels = ["--only-binary=:all:", "--implementation=cp", f"--python-version={version}"]
    wheels += [f"--platform={_WHEELS[architecture]}", "--require-hashes", "-r", str(requirements)]
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="vendor-") as scratch:
        quiet = ["--quiet", "--disable-pip-version-check", "--no-compile", "--target", scratch]
        _run([sys.executable, "-m", "pip", "install", *quiet, *wheels], target.parent)
        shutil.rmtree(Path(scratch) / "bin", ignore_errors=True)
        compileall.compile_dir(scratch, quiet=2, workers=0, invalidation_mode=_BYTECODE)
        shutil.copytree(scratch, target)


def _run(command: list[str], folder: Path) -> None:
    environment = os.environ | {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PackagingFailed(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def _add_bytecode(path: Path) -> None:
    """Put compiled modules beside the sources in a zip. Nothing will check them for age."""
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(path, "a") as archive:
        archive.extractall(scratch)
        for name in [n for n in archive.namelist() if n.endswith(".py")]:
            source = Path(scratch, name)
            compiled = py_compile.compile(
                str(source), dfile=name, doraise=True, invalidation_mode=_BYTECODE
            )
            archive.write(compiled, Path(compiled).relative_to(scratch))
