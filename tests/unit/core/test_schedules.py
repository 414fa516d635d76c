"""A scheduled function that fails says so in a line that rings its alarm."""

import pytest

import app
from chalicelib.notebooks import sweeps
from tests.support import SCHEDULED


def test_what_ends_a_scheduled_function_is_an_error_in_its_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ConnectionError("DynamoDB does not answer")

    monkeypatch.setattr(sweeps, "stop_silent", fail)

    with pytest.raises(ConnectionError):
        app.lease_reaper(SCHEDULED, object())

    assert [(r.levelname, r.message) for r in caplog.records] == [
        ("ERROR", "a scheduled function failed")
    ]
