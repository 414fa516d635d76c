"""Finds what CloudFormation, Step Functions and AWS's behaviour would refuse, before they do."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudformation_validate
from cfnlint.api import lint_file

from infra import stack as written
from infra.functions import Undeclared
from infra.grants import UnknownGrant
from infra.tables import Unclear
from ops.checks.behaviour import broken
from ops.checks.behaviour.template import ACCOUNT, expand
from ops.checks.finding import Finding
from ops.deploy import indexes, package, settings, template

_RESOURCES = "resources.json"
_STAGE = "prod"
"""Packaged for its template, which is the same in all stages but for its parameters."""


def findings(root: Path) -> Iterator[Finding]:
    """Everything wrong with what is written, with the packaged template and each state machine."""
    yield from stale(root)
    yield from two_indexes(root)
    yield from _template(root)
    for machine in sorted((root / "stepfunctions").glob(f"*{template.MACHINE_SUFFIX}")):
        yield from _machine(machine, root)


def stale(root: Path) -> Iterator[Finding]:
    """Files of `.chalice/` that are not what the code says, or why that can't be known."""
    try:
        files = written.files()
    except (Unclear, Undeclared, UnknownGrant) as error:
        yield Finding("infra", 1, str(error))
        return
    for name in written.stale(root / ".chalice", files):
        yield Finding(f".chalice/{name}", 1, "not up to date. Run: .venv/bin/python -m infra")


def two_indexes(root: Path) -> Iterator[Finding]:
    """Tables of which a deployment would change two indexes at once, over the version before.

    That is the last one committed, or, where nothing differs from it, the one before. What is
    deployed may be older: `ops.deploy` looks at that.
    """
    name = f".chalice/{_RESOURCES}"
    now = json.loads((root / name).read_text(encoding="utf-8"))
    for before in _versions(name, root):
        if before != now:
            for why in indexes.refused(before["Resources"], now["Resources"]):
                yield Finding(name, 1, why)
            return


def _versions(name: str, root: Path) -> Iterator[dict[str, Any]]:
    """The last two committed versions of a file, the newest first; none without a history."""
    for commit in _git(root, "log", "-2", "--format=%H", "--", name).split():
        yield json.loads(_git(root, "show", f"{commit}:{name}"))


def _git(root: Path, *arguments: str) -> str:
    said = subprocess.run(
        ["git", *arguments], cwd=root, capture_output=True, text=True, check=False
    )
    return said.stdout if said.returncode == 0 else ""


def _template(root: Path) -> Iterator[Finding]:
    built = package.build(_STAGE, "arm64", root)
    uploaded = {name: f"s3://bucket/{name.removeprefix('./')}" for name in built.zips}
    path = root / "build" / _STAGE / "template.json"
    completed = template.complete(built.template, uploaded, root)
    path.write_text(json.dumps(completed, indent=1), encoding="utf-8")
    yield from _behaviour(completed, path.relative_to(root))
    yield from _validated(path, root)
    for match in lint_file(path):
        yield Finding(
            path.relative_to(root).as_posix(),
            match.linenumber,
            f"{match.rule.id} {match.message}",
        )


def _behaviour(completed: dict[str, Any], path: Path) -> Iterator[Finding]:
    stage = settings.load(_STAGE)
    uploads = settings.upload_origin(f"ramon-{_STAGE}-{ACCOUNT}-uploads", stage.region)
    parameters = settings.parameters(_STAGE, stage, uploads)
    for what in broken(expand(completed, parameters, stage.region)):
        yield Finding(path.as_posix(), 1, what)


def _validated(path: Path, root: Path) -> Iterator[Finding]:
    """What AWS's own offline validator warns of: schemas and rules of another author."""
    report = cloudformation_validate.CompositeEngine().validate_template(str(path))
    for found in report.diagnostics:
        if found.severity.value >= cloudformation_validate.Severity.WARN.value:
            what = f"{found.rule_id} {found.message}"
            yield Finding(path.relative_to(root).as_posix(), found.start_line or 1, what)


def _machine(path: Path, root: Path) -> Iterator[Finding]:
    validator = root / "ops" / "node" / "node_modules" / ".bin" / "asl-validator"
    said = subprocess.run(
        [root / ".venv" / "bin" / "node", validator, "--json-path", path],
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode:
        yield Finding(path.relative_to(root).as_posix(), 1, (said.stdout + said.stderr).strip())
