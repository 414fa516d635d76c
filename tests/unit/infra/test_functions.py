"""Each function of the stack is what its entry point declares, and nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import app
from chalicelib.core import entry_points
from infra import functions, stack
from infra.functions import Undeclared

CHALICE = Path(app.__file__).parent / ".chalice"
MACHINES = Path(app.__file__).parent / "stepfunctions"


def _names() -> Iterator[str]:
    """What Chalice will make a function of, by its own records."""
    yield "api_handler"
    found: list[Any] = [*app.app.event_sources, *app.app.pure_lambda_functions]
    yield from (each.name for each in found)


def _camel(name: str) -> str:
    return "APIHandler" if name == "api_handler" else name.title().replace("_", "")


def test_what_is_committed_is_what_the_code_says() -> None:
    assert not list(stack.stale(CHALICE, stack.files()))


def test_a_stale_a_missing_and_a_foreign_file_are_named_and_mended(tmp_path: Path) -> None:
    files = {"a.json": "1\n", "b.json": "2\n", "c.json": "3\n"}
    (tmp_path / "a.json").write_text("0\n")
    (tmp_path / "c.json").write_text("3\n")
    (tmp_path / "old.json").write_text("4\n")

    assert list(stack.stale(tmp_path, files)) == ["a.json", "b.json", "old.json"]

    stack.write(tmp_path, files)

    assert not list(stack.stale(tmp_path, files))
    assert not (tmp_path / "old.json").exists()


def test_every_function_has_a_role_a_name_and_a_log_of_its_own(
    documents: dict[str, Any], resources: dict[str, Any]
) -> None:
    configured = documents["config.json"]["lambda_functions"]
    policies = [each["iam_policy_file"] for each in configured.values()]

    assert set(configured) == set(_names())
    assert len(policies) == len(set(policies))
    for name in _names():
        properties = resources[_camel(name)]["Properties"]
        log = resources[properties["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
        full_name = properties["FunctionName"]["Fn::Sub"]

        assert log["LogGroupName"]["Fn::Sub"] == f"/aws/lambda/{full_name}"
        assert log["RetentionInDays"] == {"Ref": "LogRetentionDays"}
        written = documents[configured[name]["iam_policy_file"]]["Statement"][0]
        assert written["Resource"]["Fn::Sub"].endswith(f"log-group:/aws/lambda/{full_name}:*")


def test_schedules_events_and_steps_are_registered_as_declared() -> None:
    sources: list[Any] = list(app.app.event_sources)
    by_name = {found.name: found for found in sources}
    plain = set(_names()) - set(by_name)
    for entry_point in app.FUNCTIONS:
        declared = entry_point.declared
        match declared.trigger:
            case entry_points.Schedule(expression=expression):
                assert by_name[declared.name].schedule_expression == expression
            case entry_points.Event(source=source, detail_type=detail_type):
                assert by_name[declared.name].event_pattern == {
                    "source": [source],
                    "detail-type": [detail_type],
                }
            case _:
                assert declared.name in plain


def test_a_state_machine_may_run_the_steps_that_its_file_names(resources: dict[str, Any]) -> None:
    steps = {
        entry_point.declared.name
        for entry_point in app.FUNCTIONS
        if isinstance(entry_point.declared.trigger, entry_points.Step)
    }
    statement = resources["MachineRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    runs = {each["Fn::GetAtt"][0] for each in statement["Statement"][0]["Resource"]}
    called: set[str] = set()
    for path in MACHINES.glob("*.asl.json"):
        name = path.name.removesuffix(".asl.json")
        machine = resources[f"{_camel(name)}Machine"]["Properties"]
        called |= set(machine["DefinitionSubstitutions"])
        left = path.read_text()
        for step in machine["DefinitionSubstitutions"]:
            left = left.replace("${" + step + "}", "")

        assert "${" not in left
        assert machine["DefinitionString"] == f"stepfunctions/{path.name}"

    assert called == runs == {_camel(step) for step in steps}


def test_every_policy_allows_and_names_each_reason_once(documents: dict[str, Any]) -> None:
    for name, document in documents.items():
        if name.startswith("policy-"):
            sids = [statement["Sid"] for statement in document["Statement"]]

            assert len(sids) == len(set(sids)), name
            assert all(sid.isalnum() for sid in sids), name
            assert {statement["Effect"] for statement in document["Statement"]} == {"Allow"}


def test_the_api_may_do_what_its_routes_declare_and_no_more(documents: dict[str, Any]) -> None:
    written = json.dumps(documents["policy-api.json"])

    assert "SendTaskHeartbeat" in written
    assert "RunTask" not in written
    assert "dynamodb:Scan" not in written


def test_an_entry_point_that_nobody_registers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = list(entry_points.DECLARED)
    for module in ("infra.functions", "chalicelib.core.entry_points"):
        monkeypatch.setattr(f"{module}.DECLARED", declared)

    @entry_points.schedule(entry_points.EVERY_HOUR, alarm="notebooks", may=("get servers",))
    def forgotten_sweep() -> None: ...

    with pytest.raises(Undeclared, match="forgotten_sweep is declared, but"):
        functions.functions()


def test_an_entry_point_under_another_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(app, "idle_sweep")

    with pytest.raises(Undeclared, match="Assign the entry point idle_sweep to that very name"):
        functions.functions()


def test_an_entry_point_that_is_registered_twice_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app, "FUNCTIONS", [*app.FUNCTIONS, app.FUNCTIONS[0]])

    with pytest.raises(Undeclared, match="two entry points called launch_server"):
        functions.functions()


def test_whatever_a_state_machine_waits_for_by_name_rings_no_alarm() -> None:
    waits = {kind.__name__ for kind in entry_points.AskAgain.__subclasses__()}
    retried: set[str] = set()
    for path in MACHINES.glob("*.asl.json"):
        for state in json.loads(path.read_text())["States"].values():
            for retry in state.get("Retry", []):
                if retry["MaxAttempts"]:
                    retried |= {name for name in retry["ErrorEquals"] if "." not in name}

    assert retried
    assert retried <= waits
