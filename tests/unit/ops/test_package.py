"""What is uploaded to Lambda runs there, and nothing else is in it."""

import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ops.deploy import package
from ops.deploy.package import ROOT, Package, fingerprint
from ops.deploy.settings import load


@pytest.fixture(scope="module")
def unpacked(packaged: Package, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The zips, as Lambda lays them out."""
    folders = {}
    for name, path in packaged.zips.items():
        folders[name] = tmp_path_factory.mktemp("lambda")
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folders[name])
    return folders


def test_the_unpacked_package_imports_without_anything_else(unpacked: dict[str, Path]) -> None:
    layer = next(unpacked["./layer-deployment.zip"].glob("python/lib/python*/site-packages"))
    code = unpacked["./deployment.zip"]
    program = f"import sys; sys.path[:0] = [{str(code)!r}, {str(layer)!r}]; import app; app.app"

    said = subprocess.run(
        # -I: without this project's environment, folder and user site.
        [sys.executable, "-I", "-S", "-c", program],
        cwd=code,
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("name", ["./deployment.zip", "./layer-deployment.zip"])
def test_every_module_comes_with_its_bytecode(packaged: Package, name: str) -> None:
    with zipfile.ZipFile(packaged.zips[name]) as archive:
        names = set(archive.namelist())

    tag = sys.implementation.cache_tag
    modules = [Path(each) for each in names if each.endswith(".py")]
    without = [
        m
        for m in modules
        if f"{m.parent}/__pycache__/{m.stem}.{tag}.pyc".removeprefix("./") not in names
    ]
    assert modules
    assert without == []


def test_the_package_holds_the_application_and_nothing_of_what_lies_around(
    packaged: Package,
) -> None:
    with zipfile.ZipFile(packaged.zips["./deployment.zip"]) as archive:
        roots = {name.split("/")[0] for name in archive.namelist()}

    assert roots == {"app.py", "__pycache__", "chalice", "chalicelib"}


def test_packaging_again_gives_the_same_zips(packaged: Package, tmp_path: Path) -> None:
    architecture = packaged.template["Resources"]["APIHandler"]["Properties"]["Architectures"][0]

    again = package.build("local", architecture, folder=tmp_path)

    for name, path in packaged.zips.items():
        assert again.zips[name].read_bytes() == path.read_bytes(), name


def test_who_packages_at_the_same_time_waits_and_finds_it_done(tmp_path: Path) -> None:
    architecture = load("local").lambda_architecture

    with ThreadPoolExecutor(2) as pool:
        made = [
            pool.submit(package.build, "local", architecture, folder=tmp_path) for _ in range(2)
        ]
        first, second = (each.result() for each in made)

    assert first == second
    assert all(zipfile.is_zipfile(path) for path in first.zips.values())


def test_a_fingerprint_changes_with_parameters_and_processor_and_with_nothing_else() -> None:
    base = fingerprint({"Stage": "dev"}, "arm64")

    assert base == fingerprint({"Stage": "dev"}, "arm64")
    assert base != fingerprint({"Stage": "prod"}, "arm64")
    assert base != fingerprint({"Stage": "dev"}, "x86_64")


def test_a_fingerprint_changes_with_every_source(tmp_path: Path) -> None:
    for folder in ("chalicelib", ".chalice", "stepfunctions", "ops/deploy"):
        (tmp_path / folder).mkdir(parents=True)
    sources = ["app.py", "requirements.txt", "chalicelib/x.py", ".chalice/policy-x.json"]
    sources += ["stepfunctions/x.asl.json", "ops/deploy/x.py"]
    for source in sources:
        (tmp_path / source).write_text("before")
    seen = {fingerprint({}, "arm64", tmp_path)}

    for source in sources:
        (tmp_path / source).write_text("after")
        seen.add(fingerprint({}, "arm64", tmp_path))

    assert len(seen) == len(sources) + 1


def test_a_package_that_cannot_be_built_says_why(tmp_path: Path) -> None:
    for each in ("requirements.txt", "chalicelib", ".chalice"):
        (tmp_path / each).symlink_to(ROOT / each)
    (tmp_path / "app.py").write_text("raise RuntimeError('the application is broken')")
    (tmp_path / "build").symlink_to(ROOT / "build")

    with pytest.raises(package.PackagingFailed, match="the application is broken"):
        package.build("local", "x86_64", root=tmp_path, folder=tmp_path / "work")
