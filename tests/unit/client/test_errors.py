"""What the service says becomes an error that says what happened and what to do."""

# The library is checked with Dask beside it, where it is installed.
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ramon import _ending, errors
from ramon._agent import Found
from ramon._calls import Batch
from ramon.info import ClusterInfo
from tests.unit.client import facts


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (409, "plan_cluster", errors.PlanError),
        (409, "too_many_vcpus", errors.QuotaError),
        (409, "limit_reached", errors.BudgetError),
        (409, "payment_required", errors.BudgetError),
        (422, "budget_too_small", errors.BudgetError),
        (422, "invalid", errors.InvalidValue),
        (422, "something_new", errors.InvalidValue),
        (409, "name_taken", errors.NameTaken),
        (404, "not_found", errors.ClusterNotFound),
        (401, "unauthenticated", errors.NotSignedIn),
        (403, "forbidden", errors.NotSignedIn),
        (503, "unavailable", errors.ServiceUnavailable),
        (418, "teapot", errors.RamonError),
    ],
)
def test_each_code_of_the_service_has_its_error(status: int, code: str, kind: Any) -> None:
    error = errors.from_service(
        status, {"code": code, "message": "So it is.", "details": {"most": 64}}
    )
    assert type(error) is kind
    assert str(error).startswith("So it is.")
    assert (error.code, error.details) == (code, {"most": 64})


def test_an_answer_without_an_error_object_is_still_an_error() -> None:
    assert "502" in str(errors.from_service(502, {}))
    assert isinstance(errors.from_service(502, {}), errors.ServiceUnavailable)


def test_errors_are_what_programs_already_catch() -> None:
    assert issubclass(errors.InvalidValue, ValueError)
    assert issubclass(errors.ClusterNotFound, LookupError)
    assert issubclass(errors.NotPicklable, TypeError)
    assert issubclass(errors.ClusterStopped, RuntimeError)
    kinds = [getattr(errors, name) for name in errors.__all__ if name != "EnvironmentChanged"]
    assert all(issubclass(kind, errors.RamonError) for kind in kinds)
    assert all(kind.__name__ in str(errors.__doc__) for kind in kinds)


def found(saved_file: Path | None = None, **changes: Any) -> Found:
    return Found(ClusterInfo.from_json(facts.cluster(**changes)), saved_file=saved_file)


def test_a_cluster_that_runs_gives_no_error() -> None:
    assert _ending.verdict(found()) is None
    assert _ending.verdict(found(state="starting")) is None


def test_a_cluster_that_stopped_says_why_and_what_it_cost() -> None:
    stop = {"reason": "idle", "message": "It had no tasks for 20 minutes."}
    error = _ending.verdict(found(state="stopping", stop=stop))
    assert isinstance(error, errors.ClusterStopped)
    assert str(error) == "It had no tasks for 20 minutes. It cost $1.25."
    assert (error.reason, error.cost_usd, error.saved_file) == ("idle", Decimal("1.25"), None)


def test_saved_results_of_an_older_cluster_are_not_taken_for_its_own() -> None:
    stop = {"reason": "budget", "message": "Used up."}
    file = Path("/home/me/work/.ramon-results/mine.pkl")
    older = _ending.verdict(found(file, state="stopped", stop=stop))
    own = _ending.verdict(found(file, state="stopped", stop=stop, saved={"results": 3, "bytes": 9}))
    assert "ramon.saved_results" not in str(older)
    assert "3 results" in str(own)
    assert "ramon.saved_results('mine')" in str(own)


def test_a_cluster_that_never_started_raises_what_stood_in_its_way() -> None:
    problem = {"code": "no_capacity", "message": "AWS has no such machines."}
    error = _ending.verdict(found(state="failed", problem=problem))
    assert isinstance(error, errors.CapacityError)
    problem = {"code": "environment", "message": "sim needs pandas 2."}
    error = _ending.verdict(found(state="failed", problem=problem))
    assert isinstance(error, errors.EnvironmentMismatch)


def test_saved_results_have_a_key_for_each_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "work" / ".ramon-results"
    folder.mkdir(parents=True)
    results = {"square-ab-0": Batch([0, 1]), "square-ab-2": Batch([4]), "one-cd": 1}
    (folder / "mine.pkl").write_bytes(pickle.dumps({"results": results, "left_out": []}))
    assert _ending.saved_results("mine") == {
        "square-ab-0": 0,
        "square-ab-1": 1,
        "square-ab-2": 4,
        "one-cd": 1,
    }
    with pytest.raises(errors.ClusterNotFound, match="There is: mine"):
        _ending.saved_results("other")
