"""What a Lambda function imports before its first event: nothing that only few events need."""

import json

import pytest

from benchmarks.lambdas import Layout, laid_out
from ops.deploy.package import Package

LATER = {
    "boto3": "botocore does without its resources and transfers",
    "nbformat": "0.3 s, for those few requests that read a notebook's file",
    "requests": "urllib3 is here already, with botocore",
    "stripe": "0.3 s; only what talks to Stripe imports it, when it does",
}
"""What no import of a handler may bring along, and why."""


@pytest.fixture(scope="module")
def layout(packaged: Package, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return laid_out(packaged, tmp_path_factory.mktemp("lambda"))


def test_no_handler_brings_along_what_few_events_need(layout: Layout) -> None:
    # A handler is found by importing its module: functions of one module import the same.
    of_module = {each.module: each for each in layout.functions}
    assert of_module
    for module, function in of_module.items():
        told = layout.run(f"import json, {module}; print(json.dumps(list(sys.modules)))", function)

        assert LATER.keys() & set(json.loads(told)) == set(), module


def test_every_function_has_a_handler_of_its_own_in_the_package(layout: Layout) -> None:
    handlers = [each.handler for each in layout.functions]
    assert len(set(handlers)) == len(handlers)
    for module in {each.module for each in layout.functions}:
        names = [each.attribute for each in layout.functions if each.module == module]
        look = f"import {module}; print(all(callable(getattr({module}, n)) for n in {names}))"

        assert layout.run(look, layout.functions[0]).strip() == "True"


def test_the_package_keeps_within_lambdas_limit(layout: Layout) -> None:
    # 250 MB unzipped, layers included: "Lambda quotas" in the developer guide.
    assert layout.unzipped_bytes < 250 * 1024 * 1024
