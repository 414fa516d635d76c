"""The Lambda functions as they are deployed: packaged, unpacked, and run in fresh processes."""

import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError
from localcloud.aws.lambda_environment import environment_of
from ops.deploy import package
from ops.deploy.package import Package, PackagingFailed
from ops.deploy.settings import load

NOWHERE = "http://127.0.0.1:1"
"""An address of AWS at which nobody listens: an import asks nothing of anybody."""

STAGE = "local"


@dataclass(frozen=True)
class Function:
    """A function of the packaged template."""

    name: str
    """Without what the stage adds: `api`, `launch-server`."""

    handler: str
    """Module and attribute, such as `app.launch_server`."""

    memory_mib: int

    variables: dict[str, str]
    """Its environment. What only CloudFormation knows stands there by its name."""

    @property
    def module(self) -> str:
        """What Lambda imports to find the handler."""
        return self.handler.rpartition(".")[0]

    @property
    def attribute(self) -> str:
        """The handler's name in its module."""
        return self.handler.rpartition(".")[2]


@dataclass(frozen=True)
class Layout:
    """The package on disk."""

    functions: list[Function]
    code: Path
    """What is in /var/task."""

    layer: Path
    """What is in /opt."""

    zipped_bytes: int
    unzipped_bytes: int
    """What Lambda's limit of 250 MB means."""

    def run(self, program: str, function: Function) -> str:
        """What a program prints in a fresh process of a function. Raises BenchmarkError.

        The path is that of the Python runtime: the function's own code, then the layer; nothing of
        this project's environment.
        """
        site_packages = next(self.layer.glob("python/lib/python*/site-packages"))
        paths = [str(each) for each in (self.code, site_packages, self.layer / "python")]
        begin = f"import sys; sys.path[:0] = {paths}\n"
        said = subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-c", begin + program],
            cwd=self.code,
            env=self._environment(function),
            capture_output=True,
            text=True,
            check=False,
        )
        if said.returncode:
            raise BenchmarkError(f"{function.name} cannot be imported:\n{said.stderr.strip()}")
        return said.stdout

    def _environment(self, function: Function) -> dict[str, str]:
        config = {
            "FunctionName": f"ramon-{STAGE}-{function.name}",
            "Handler": function.handler,
            "MemorySize": function.memory_mib,
            "Environment": {"Variables": function.variables},
        }
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        return environment_of(config, self.code, NOWHERE) | keys


def packaged(folder: Path) -> Layout:
    """Package the application as `ops.deploy` does for this machine. Raises BenchmarkError."""
    try:
        made = package.build(STAGE, load(STAGE).lambda_architecture, folder=folder / "package")
    except PackagingFailed as error:
        raise BenchmarkError(f"The application can't be packaged. {error}") from error
    return laid_out(made, folder / "lambda")


def laid_out(made: Package, folder: Path) -> Layout:
    """Unpack a package's zips into `folder`."""
    code, layer = folder / "task", folder / "opt"
    for name, target in (("./deployment.zip", code), ("./layer-deployment.zip", layer)):
        with zipfile.ZipFile(made.zips[name]) as archive:
            archive.extractall(target)
    return Layout(
        functions=_functions(made.template),
        code=code,
        layer=layer,
        zipped_bytes=sum(path.stat().st_size for path in made.zips.values()),
        unzipped_bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
    )


def _functions(template: dict[str, Any]) -> list[Function]:
    everywhere = _variables(template["Globals"]["Function"])
    return [
        Function(
            name=properties["FunctionName"]["Fn::Sub"].removeprefix("ramon-${Stage}-"),
            handler=properties["Handler"],
            memory_mib=properties["MemorySize"],
            variables=everywhere | _variables(properties),
        )
        for resource in template["Resources"].values()
        if resource.get("Type") == "AWS::Serverless::Function"
        for properties in [resource["Properties"]]
    ]


def _variables(properties: dict[str, Any]) -> dict[str, str]:
    variables = properties.get("Environment", {}).get("Variables", {})
    return {name: _known(value) for name, value in variables.items()}


def _known(value: Any) -> str:
    if value == {"Ref": "Stage"}:
        return STAGE
    return value if isinstance(value, str) else json.dumps(value)
