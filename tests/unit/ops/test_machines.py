"""The state machines: every step may fail, and none of them leaves a paid task behind."""

import json
import re
from typing import Any

import pytest

from ops.deploy.package import ROOT

Machine = dict[str, Any]
MACHINES = sorted((ROOT / "stepfunctions").glob("*.asl.json"))


def _read(name: str) -> Machine:
    machine: Machine = json.loads((ROOT / "stepfunctions" / f"{name}.asl.json").read_text())
    return machine


def _tasks(machine: Machine) -> dict[str, Any]:
    return {n: state for n, state in machine["States"].items() if state["Type"] == "Task"}


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: str(path.name))
def test_every_step_has_a_timeout_and_is_tried_again(path: Any) -> None:
    for name, task in _tasks(json.loads(path.read_text())).items():
        assert task["TimeoutSeconds"] > 0, name
        assert any(retry.get("MaxAttempts", 3) > 0 for retry in task["Retry"]), name


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: str(path.name))
def test_every_state_explains_itself(path: Any) -> None:
    machine = json.loads(path.read_text())

    assert all(state.get("Comment") for state in machine["States"].values())
    assert "Input: {" in machine["Comment"]


def test_whatever_goes_wrong_in_a_start_ends_in_fail_server() -> None:
    states = _read("start_notebook")["States"]

    for name in ("LaunchServer", "OpenServer"):
        [catch] = states[name]["Catch"]
        assert catch["ErrorEquals"] == ["States.ALL"]
        assert states[catch["Next"]]["Parameters"]["FunctionName"] == "${FailServer}"
    assert states["NotStarted"]["Type"] == "Fail"


def test_a_start_that_was_refused_is_not_tried_again() -> None:
    first = _read("start_notebook")["States"]["LaunchServer"]["Retry"][0]

    assert first["MaxAttempts"] == 0
    assert {"NotFound", "NotWanted", "ServerEnded", "States.Timeout"} <= set(first["ErrorEquals"])


def test_the_agents_token_goes_to_the_launch_and_no_further() -> None:
    states = _read("start_notebook")["States"]
    told = {name: json.dumps(state.get("Parameters", {})) for name, state in states.items()}

    assert [name for name, text in told.items() if "agent_token" in text] == ["LaunchServer"]
    assert not any('"$"' in text for text in told.values())


def test_a_stop_whose_event_never_comes_is_closed_all_the_same() -> None:
    states = _read("stop_notebook")["States"]
    [catch] = states["StopServer"]["Catch"]

    assert catch["ErrorEquals"] == ["States.ALL"]
    assert catch["Next"] == states["StopServer"]["Next"] == "CloseServer"


def test_a_stop_waits_longer_than_a_task_may_take_to_save(resources: dict[str, Any]) -> None:
    [container] = resources["NotebookTask"]["Properties"]["ContainerDefinitions"]

    stop = _read("stop_notebook")["States"]["StopServer"]
    assert stop["TimeoutSeconds"] > container["StopTimeout"] + 30


def test_whatever_goes_wrong_in_a_clusters_start_ends_in_fail_cluster() -> None:
    states = _read("start_cluster")["States"]

    for name in ("PreparePool", "SubmitWorkers"):
        [catch] = states[name]["Catch"]
        assert catch["ErrorEquals"] == ["States.ALL"]
        assert states[catch["Next"]]["Parameters"]["FunctionName"] == "${FailCluster}"


def test_a_cluster_without_a_place_waits_for_a_quarter_of_an_hour() -> None:
    retries = _read("start_cluster")["States"]["PreparePool"]["Retry"]
    [waits] = [retry for retry in retries if retry["ErrorEquals"] == ["NoPlace"]]

    assert waits["IntervalSeconds"] * waits["MaxAttempts"] == 15 * 60
    assert waits["BackoffRate"] == 1


def test_a_cluster_whose_results_are_not_saved_in_time_stops_all_the_same() -> None:
    drain = _read("stop_cluster")["States"]["DrainCluster"]
    [catch] = drain["Catch"]

    assert drain["TimeoutSeconds"] == 30
    assert catch["ErrorEquals"] == ["States.ALL"]
    assert catch["Next"] == drain["Next"] == "TerminateWorkers"


@pytest.mark.parametrize(
    "name", ["start_notebook", "stop_notebook", "start_cluster", "stop_cluster"]
)
def test_the_template_has_the_definition_and_all_that_it_names(
    name: str, resources: dict[str, Any]
) -> None:
    logical_id = "".join(part.capitalize() for part in name.split("_")) + "Machine"
    machine = resources[logical_id]["Properties"]

    assert json.loads(machine["DefinitionString"]) == _read(name)
    named = set(re.findall(r"\$\{(\w+)\}", machine["DefinitionString"]))
    assert named == set(machine["DefinitionSubstitutions"])
    for function, arn in machine["DefinitionSubstitutions"].items():
        assert arn == {"Fn::GetAtt": [function, "Arn"]}
        assert resources[function]["Type"] == "AWS::Serverless::Function"
