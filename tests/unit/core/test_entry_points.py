"""What ends a function says so in a line that rings its alarm, unless it only asks again."""

import pytest

import app
from chalicelib.clusters import lifecycle as clusters
from chalicelib.clusters import pools
from chalicelib.core.entry_points import AskAgain
from chalicelib.notebooks import lifecycle, sweeps
from tests.support import SCHEDULED


def _fail(*_: object) -> None:
    raise ConnectionError("DynamoDB does not answer")


def _errors(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(each.levelname, each.message) for each in caplog.records]


def test_what_ends_a_scheduled_function_is_an_error_in_its_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sweeps, "stop_silent", _fail)

    with pytest.raises(ConnectionError):
        app.lease_reaper(SCHEDULED, object())

    assert _errors(caplog) == [("ERROR", "a function failed")]
    assert vars(caplog.records[0])["function"] == "lease_reaper"


def test_what_ends_an_event_is_an_error_in_its_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(KeyError):
        app.on_task_state_change(SCHEDULED | {"detail": {}}, object())

    assert _errors(caplog) == [("ERROR", "a function failed")]


def test_what_ends_a_step_is_an_error_in_its_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lifecycle, "read_server", _fail)

    with pytest.raises(ConnectionError):
        app.close_server({"server_id": "srv_1"}, object())

    assert _errors(caplog) == [("ERROR", "a function failed")]


def test_a_step_that_asks_again_rings_no_alarm(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def wait(*_: object) -> None:
        raise pools.NotReady

    monkeypatch.setattr(clusters, "read", wait)

    with pytest.raises(AskAgain):
        app.prepare_pool({"cluster_id": "cl_1"}, object())

    assert not _errors(caplog)
