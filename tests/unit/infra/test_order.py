"""In which order a deployment changes what belongs together."""

import json

from tests.unit.infra.conftest import Documents


def test_an_image_of_notebooks_and_workers_goes_out_after_the_api_that_its_agent_calls(
    resources: Documents,
) -> None:
    run_it = [each for each in resources.values() if "NotebookImage" in json.dumps(each)]
    assert {each["Type"] for each in run_it} == {
        "AWS::ECS::TaskDefinition",
        "AWS::Batch::JobDefinition",
    }
    assert all("APIHandler" in each["DependsOn"] for each in run_it)
