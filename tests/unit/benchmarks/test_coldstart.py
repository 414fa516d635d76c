"""Lambda's functions on disk, and what is told of their imports; the package is a tiny one."""

import json
import zipfile
from pathlib import Path

import pytest

from benchmarks import coldstart, lambdas
from benchmarks.errors import BenchmarkError
from benchmarks.lambdas import Layout, laid_out
from ops.deploy.package import Package

SITE_PACKAGES = "python/lib/python3.11/site-packages"
CODE = {
    "app.py": "import chalice\ndef app(): pass\ndef sweep(): pass\n",
    "broken.py": "raise RuntimeError('this module is broken')",
    "both.py": "whose = 'the code'",
}
LAYER = {
    "both.py": "whose = 'the layer'",
    "chalice.py": "",
    "botocore/__init__.py": "",
    "botocore/session.py": (
        "class Session:\n    def create_client(self, name): return name\nget_session = Session"
    ),
    "pynamodb/__init__.py": "",
    "pynamodb/connection.py": "class Connection:\n    client = None",
}
FUNCTIONS = {"api": "app.app", "idle-sweep": "app.sweep", "odd": "broken.handler"}


CHALICE = f"{SITE_PACKAGES}/chalice.py"


def packed(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def package(folder: Path, *names: str) -> Package:
    layer = {f"{SITE_PACKAGES}/{name}": text for name, text in LAYER.items()}
    everywhere = {"RAMON_STAGE": {"Ref": "Stage"}, "RAMON_BUCKET": {"Ref": "Bucket"}}
    functions = {
        name: {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "FunctionName": {"Fn::Sub": f"ramon-${{Stage}}-{name}"},
                "Handler": FUNCTIONS[name],
                "MemorySize": 512,
                "Environment": {"Variables": {"ONLY_HERE": name}},
            },
        }
        for name in names
    }
    return Package(
        template={
            "Globals": {"Function": {"Environment": {"Variables": everywhere}}},
            "Resources": functions | {"Table": {"Type": "AWS::DynamoDB::Table"}},
        },
        zips={
            "./deployment.zip": packed(folder / "deployment.zip", CODE),
            "./layer-deployment.zip": packed(folder / "layer.zip", layer),
        },
    )


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return laid_out(package(tmp_path, "api", "idle-sweep", "odd"), tmp_path / "lambda")


def told(layout: Layout, number: int, expression: str) -> object:
    program = f"import json, os; print(json.dumps({expression}))"
    return json.loads(layout.run(program, layout.functions[number]))


def test_functions_are_known_by_what_the_stage_does_not_add(layout: Layout) -> None:
    assert [(each.name, each.module, each.attribute) for each in layout.functions] == [
        ("api", "app", "app"),
        ("idle-sweep", "app", "sweep"),
        ("odd", "broken", "handler"),
    ]


def test_a_functions_own_code_comes_before_the_layer(layout: Layout) -> None:
    assert told(layout, 0, "__import__('both').whose") == "the code"
    assert told(layout, 0, "__import__('chalice').__file__") == f"{layout.layer}/{CHALICE}"


def test_a_function_has_its_own_environment_and_nothing_of_ours(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_DEVELOPER", "yes")
    names = ("RAMON_STAGE", "ONLY_HERE", "AWS_LAMBDA_FUNCTION_NAME", "OF_THE_DEVELOPER")

    assert told(layout, 1, f"[os.environ.get(name) for name in {names}]") == [
        "local",
        "idle-sweep",
        "ramon-local-idle-sweep",
        None,
    ]


def test_what_only_the_cloud_knows_is_there_all_the_same(layout: Layout) -> None:
    assert told(layout, 0, "os.environ['RAMON_BUCKET']") == '{"Ref": "Bucket"}'


def test_a_handler_that_cannot_be_imported_says_why(layout: Layout) -> None:
    with pytest.raises(BenchmarkError, match=r"odd cannot be imported:(.|\n)*module is broken"):
        layout.run("import broken", layout.functions[2])


def test_sizes_are_those_of_both_zips(layout: Layout) -> None:
    assert layout.unzipped_bytes == sum(map(len, [*CODE.values(), *LAYER.values()]))
    assert layout.zipped_bytes > 0


def test_the_slowest_function_is_what_is_compared(layout: Layout) -> None:
    samples = {"api": [0.1, 0.1], "idle-sweep": [0.3, 0.5], "odd": [0.2, 0.2]}
    samples |= {f"{name} ready": [each + 1 for each in samples[name]] for name in samples}

    figures = coldstart.subject(samples, layout)

    assert (figures["import_s"].median, figures["ready_s"].median) == (0.4, 1.4)
    assert list(figures)[-3:] == ["idle_sweep_s", "odd_s", "api_s"]


def test_every_function_takes_turns_with_the_floor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = laid_out(package(tmp_path, "api", "idle-sweep"), tmp_path / "lambda")
    monkeypatch.setattr(lambdas, "packaged", lambda folder: tiny)

    report = coldstart.measure(1)

    assert report.floor is not None
    assert report.floor["import_s"].n == 2 * coldstart.RUNS
    assert report.subject["api_s"].n == report.subject["idle_sweep_s"].n == coldstart.RUNS
    assert report.ratios["vs_floor"]
