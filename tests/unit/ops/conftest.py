"""The application, packaged once for all tests here, and an AWS with nothing in it."""

from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.testing import LocalCloud, running
from ops.deploy import package, template
from ops.deploy.settings import load
from tests.unit.ops.exported_stage import SameClients, Stage


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> package.Package:
    """What `ops.deploy` would upload for this machine."""
    architecture = load("local").lambda_architecture
    return package.build("local", architecture, folder=tmp_path_factory.mktemp("packaged"))


@pytest.fixture(scope="session")
def stack(packaged: package.Package) -> dict[str, Any]:
    """The template as CloudFormation gets it."""
    zips = {name: f"s3://bucket/{path.name}" for name, path in packaged.zips.items()}
    return template.complete(packaged.template, zips, package.ROOT)


@pytest.fixture(scope="session")
def resources(stack: dict[str, Any]) -> dict[str, Any]:
    """The template's resources by logical id."""
    found: dict[str, Any] = stack["Resources"]
    return found


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """An AWS stand-in with nothing deployed."""
    with running(tmp_path_factory.mktemp("aws")) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def same_clients(aws: LocalCloud) -> SameClients:
    """That stand-in, as programs of `ops` see it."""
    return SameClients(aws)


@pytest.fixture
def stage(same_clients: SameClients, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The tables and the bucket of the stage `local`, which `ops.export` reads."""
    monkeypatch.setattr("ops.export.__main__._cloud", lambda _: same_clients)
    made = Stage(same_clients)
    made.make()
    yield made
    made.drop()
