"""Every end of a server is told in words that its owner understands."""

from datetime import UTC, datetime

import pytest

from chalicelib.notebooks import stop_reasons
from chalicelib.notebooks.fargate import Task
from chalicelib.notebooks.models import Server
from chalicelib.notebooks.states import FAILURES, ServerEnd, ServerState


def _server(
    state: ServerState = ServerState.RUNNING, reason: str | None = None, message: str | None = None
) -> Server:
    return Server("srv_1", size="small", state=state, stop_reason=reason, stop_message=message)


def _task(exit_code: int | None, reason: str | None = None) -> Task:
    stopped = datetime(2026, 1, 1, tzinfo=UTC)
    return Task("arn", "srv_1", "STOPPED", None, stopped, None, reason, exit_code, None)


def test_what_was_asked_for_is_the_reason_whatever_the_exit_code() -> None:
    server = _server(ServerState.STOPPING, reason="idle", message="Nothing ran.")

    end = stop_reasons.of(server, _task(143))

    assert (end.reason, end.message, end.exit_code) == (ServerEnd.IDLE, "Nothing ran.", 143)


def test_a_stop_that_could_not_save_says_so() -> None:
    server = _server(ServerState.STOPPING, reason="user", message="You stopped it.")

    end = stop_reasons.of(server, _task(stop_reasons.COULD_NOT_SAVE))

    assert end.message == "You stopped it. Its last changes could not be saved."


def test_a_stop_that_had_to_be_cut_short_says_that_changes_may_be_lost() -> None:
    server = _server(ServerState.STOPPING, reason="user", message="You stopped it.")

    end = stop_reasons.of(server, _task(137))

    assert end.reason is ServerEnd.USER
    assert end.message.startswith("You stopped it. ")
    assert "may be lost" in end.message


def test_a_killed_server_has_crashed_and_the_signal_is_named() -> None:
    end = stop_reasons.of(_server(), _task(137))

    assert end.reason is ServerEnd.CRASHED
    assert "SIGKILL" in end.message


def test_a_computer_that_is_shut_down_is_nobodys_failure() -> None:
    end = stop_reasons.of(_server(), _task(0))

    assert end.reason is ServerEnd.MAINTENANCE
    assert end.reason not in FAILURES
    assert "saved" in end.message


def test_too_little_memory_is_told_with_the_size_that_was_too_small() -> None:
    end = stop_reasons.of(_server(), _task(137, "OutOfMemoryError: Container killed"))

    assert end.reason is ServerEnd.OUT_OF_MEMORY
    assert "4 GiB" in end.message


def test_a_task_that_nobody_knows_any_more_was_lost() -> None:
    assert stop_reasons.of(_server(), None).reason is ServerEnd.LOST


@pytest.mark.parametrize("code", [1, 70, 137, None])
def test_a_server_that_ends_while_it_starts_has_failed_to_start(code: int | None) -> None:
    end = stop_reasons.of(_server(ServerState.STARTING), _task(code, "CannotPullContainerError"))

    assert end.reason is ServerEnd.FAILED_START
    assert end.message.endswith(".")
