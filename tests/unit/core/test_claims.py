"""Work is taken on by one at a time, whichever answer is lost, and done once."""

from datetime import timedelta

import pytest

from chalicelib.core import claims
from chalicelib.core.errors import Conflict
from tests.endings import Act, Story, ends_the_same_whichever_answer_is_lost
from tests.lost_answers import Wire, without_recognition

SECONDS, REMEMBERED = 60, 3600


def taken() -> claims.Claim:
    claim = claims.take("work", SECONDS)
    assert isinstance(claim, claims.Claim)
    return claim


def work_is_taken_on() -> Act:
    return lambda: claims.take("work", SECONDS)


def work_of_another_is_asked_for() -> Act:
    taken()
    return lambda: claims.take("work", SECONDS)


def finished_work_is_asked_for() -> Act:
    claims.complete(taken(), REMEMBERED)
    return lambda: claims.take("work", SECONDS)


def work_is_finished() -> Act:
    claim = taken()
    return lambda: claims.complete(claim, REMEMBERED)


def work_is_given_back() -> Act:
    claim = taken()
    return lambda: claims.give_back(claim)


def work_is_done_once() -> Act:
    times: list[int] = []

    def done() -> list[int]:
        for _ in range(2):
            claims.once("work", SECONDS, REMEMBERED, lambda: times.append(1))
        return times

    return done


STORIES = (
    work_is_taken_on,
    work_of_another_is_asked_for,
    finished_work_is_asked_for,
    work_is_finished,
    work_is_given_back,
    work_is_done_once,
)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_it_ends_the_same_whichever_answer_is_lost(wire: Wire, story: Story) -> None:
    ends_the_same_whichever_answer_is_lost(wire, story)


def test_a_claim_that_expired_is_anothers_and_is_not_given_back_under_them(wire: Wire) -> None:
    late = taken()
    wire.now += timedelta(seconds=SECONDS)
    taken()

    claims.give_back(late)

    assert claims.take("work", SECONDS) is claims.Taken.BY_ANOTHER


def test_without_recognition_of_ones_own_write_ones_own_work_is_refused(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_recognition(monkeypatch)
    wire.lose_next("PutItem")

    with pytest.raises(Conflict):
        claims.once("work", SECONDS, REMEMBERED, lambda: None)
