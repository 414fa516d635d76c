"""A notebook says what it does: what its agent last reported, and no more than that."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.functional.clusters import Home, at_home
from tests.functional.conftest import Caller

LONG_AGO = "2026-01-01T00:00:00Z"
DEATH = {"at": LONG_AGO, "notebook": "a.ipynb", "reason": "The kernel was killed (signal 9)."}


def beat(home: Home, **said: Any) -> None:
    usual = {"last_activity": LONG_AGO, "busy_kernels": 0, "kernels": 1, "memory_bytes": 1}
    home.agent.told("POST", "/agent/heartbeat", usual | said)


def shown(owner: Caller, home: Home) -> Any:
    return owner.told("GET", f"/notebooks/{home.notebook_id}")


@pytest.mark.parametrize("busy", ["busy_kernels", "busy_terminals", "clusters"])
def test_what_runs_keeps_a_notebook_from_being_idle(owner: Caller, busy: str) -> None:
    home = at_home(owner)
    before = datetime.now(UTC).replace(microsecond=0).isoformat()
    beat(home, **{busy: 1})
    assert shown(owner, home)["last_activity_at"] >= before[:19]


def test_a_kernel_that_died_is_told_until_the_agent_has_no_more_to_say_of_it(
    owner: Caller,
) -> None:
    home = at_home(owner)
    assert shown(owner, home)["activity"] is None
    beat(home, busy_kernels=2, busy_terminals=1, kernel_death=DEATH)
    activity = shown(owner, home)["activity"]
    assert activity["kernel_death"] == DEATH
    assert (activity["busy_kernels"], activity["busy_terminals"]) == (2, 1)
    beat(home)
    assert shown(owner, home)["activity"]["kernel_death"] is None


def test_packages_that_could_not_be_installed_again_are_told_by_name(owner: Caller) -> None:
    home = at_home(owner)
    failed = [{"requirement": "cowsay==99", "reason": "There is no such version."}]
    beat(home, packages={"waiting": 0, "failed": failed})
    assert shown(owner, home)["activity"]["packages"]["failed"] == failed


@pytest.mark.parametrize(
    "said",
    [
        {"busy_terminals": -1},
        {"kernel_death": DEATH | {"reason": "x" * 2001}},
        {"packages": {"waiting": 0, "failed": [{"requirement": "a", "reason": ""}] * 11}},
    ],
)
def test_a_report_beyond_the_limits_is_refused(owner: Caller, said: Any) -> None:
    home = at_home(owner)
    usual = {"last_activity": LONG_AGO, "busy_kernels": 0, "kernels": 1, "memory_bytes": 1}
    assert home.agent.refused("POST", "/agent/heartbeat", usual | said)[0] == 422
