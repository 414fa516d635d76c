"""What CloudFormation and Step Functions would refuse, found before they do."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from cfnlint.api import lint_file

from ops.checks.finding import Finding
from ops.deploy import package, template

_STAGE = "dev"
"""Packaged for its template, which is the same in all stages but for its parameters."""


def findings(root: Path) -> Iterator[Finding]:
    """Everything wrong with the packaged template, and with each state machine."""
    yield from _template(root)
    for machine in sorted((root / "stepfunctions").glob(f"*{template.MACHINE_SUFFIX}")):
        yield from _machine(machine, root)


def _template(root: Path) -> Iterator[Finding]:
    built = package.build(_STAGE, "arm64", root)
    uploaded = {name: f"s3://bucket/{name.removeprefix('./')}" for name in built.zips}
    path = root / "build" / _STAGE / "template.json"
    completed = template.complete(built.template, uploaded, root)
    path.write_text(json.dumps(completed, indent=1), encoding="utf-8")
    for match in lint_file(path):
        yield Finding(
            path.relative_to(root).as_posix(),
            match.linenumber,
            f"{match.rule.id} {match.message}",
        )


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
