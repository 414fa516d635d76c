"""Conditional writes: one whose answer was lost is known as ours, and nobody else's is."""

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core import db
from chalicelib.core.claims import Claim
from chalicelib.core.errors import Conflict
from tests.lost_answers import Wire, without_recognition

Write = Callable[[], bool]


def claim(state: str = "new") -> Claim:
    return Claim("one", state=state, owner="ada", expires_at=1)


def put() -> bool:
    return db.put_new(claim("mine"))


def update() -> bool:
    return db.update_if(claim(), Claim.state == "new", [Claim.state.set("mine")])


def delete() -> bool:
    return db.delete_if(claim(), Claim.state == "new")


def prepared(write: Write) -> Write:
    if write is not put:
        claim().save()
    return write


@pytest.mark.parametrize("write", [put, update, delete])
def test_a_write_is_done_once_and_refused_afterwards(wire: Wire, write: Write) -> None:
    prepared(write)

    assert write()
    assert not write()


@pytest.mark.parametrize("write", [put, update, delete])
def test_a_write_whose_answer_was_lost_is_ours(wire: Wire, write: Write) -> None:
    prepared(write)
    wire.lose(0)

    assert write()

    assert wire.lost == 1
    assert [each.state for each in Claim.scan()] == ([] if write is delete else ["mine"])


@pytest.mark.parametrize("write", [put, update, delete])
def test_a_write_is_ours_even_if_another_followed_it_before_its_repetition(
    wire: Wire, write: Write
) -> None:
    prepared(write)
    wire.lose(0)
    followed = []

    def another() -> None:
        if write is delete:
            followed.append(db.put_new(claim("theirs")))
        else:
            theirs = Claim.state.set("theirs")
            followed.append(db.update_if(claim(), Claim.state == "mine", [theirs]))

    wire.meanwhile = another

    assert write()

    assert followed == [True]
    assert Claim.get("one").state == "theirs"


@pytest.mark.parametrize("write", [put, update, delete])
def test_a_write_after_somebody_elses_is_refused_also_if_that_answer_was_lost(
    wire: Wire, write: Write
) -> None:
    claim().save()
    assert db.update_if(claim(), Claim.state == "new", [Claim.state.set("theirs")])
    wire.lose(0)

    assert not write()

    assert Claim.get("one").state == "theirs"


def test_a_changed_item_has_all_of_its_new_values(wire: Wire) -> None:
    claim().save()
    known = Claim("one")
    wire.lose(0)

    assert db.update_if(known, Claim.state == "new", [Claim.state.set("mine")])

    assert (known.state, known.owner) == ("mine", "ada")


def test_a_change_is_made_once_even_if_its_condition_still_holds_afterwards(wire: Wire) -> None:
    claim().save()
    known = Claim("one")
    wire.lose(0)

    assert db.update_if(known, Claim.state == "new", [Claim.expires_at.add(1)])

    assert known.expires_at == 2
    assert Claim.get("one").expires_at == 2


class Tally:
    """An item that counts the writes to it, and how many of them were said to be done."""

    def __init__(self) -> None:
        self.said = int(db.put_new(claim()))

    def put(self) -> None:
        self._note(db.put_new(claim()))

    def add(self, times: int = 1) -> None:
        for _ in range(times):
            self._note(db.update_if(claim(), Claim.owner == "ada", [Claim.expires_at.add(1)]))

    def set(self) -> None:
        known = Claim.get("one")
        is_as_read = Claim.expires_at == known.expires_at
        self._note(db.update_if(known, is_as_read, [Claim.expires_at.set(known.expires_at + 1)]))

    def _note(self, is_done: bool) -> None:
        self.said += is_done

    @property
    def done(self) -> int:
        return Claim.get("one").expires_at


WRITERS = st.lists(
    st.tuples(st.sampled_from(["put", "add", "set"]), st.booleans(), st.integers(0, 3)),
    min_size=1,
    max_size=6,
)
"""Writes: of which kind, whether its answer is lost, and how many others write meanwhile."""


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writers=WRITERS)
def test_every_write_that_is_said_to_be_done_was_done_once_and_no_other(
    wire: Wire, writers: list[tuple[str, bool, int]]
) -> None:
    wire.clear()
    tally = Tally()
    for kind, is_lost, others in writers:
        if is_lost:
            wire.meanwhile = partial(tally.add, others)
            wire.lose(1 if kind == "set" else 0)
        getattr(tally, kind)()

    assert tally.done == tally.said


def test_an_item_is_put_over_another_only_where_the_condition_says_so(wire: Wire) -> None:
    claim().save()

    assert not db.put_new(claim("mine"), or_if=Claim.expires_at < 1)
    assert db.put_new(claim("mine"), or_if=Claim.expires_at <= 1)


@pytest.mark.parametrize("write", [put, update, delete])
@pytest.mark.parametrize("times", [1, 3])
def test_a_write_that_meets_a_transaction_is_tried_again(
    wire: Wire, write: Write, times: int
) -> None:
    prepared(write)
    wire.contend(times)

    assert write()


@pytest.mark.parametrize("write", [put, update, delete])
def test_a_write_that_meets_transactions_without_end_says_that_it_is_busy(
    wire: Wire, write: Write
) -> None:
    prepared(write)
    wire.contend(100)

    with pytest.raises(Conflict) as refused:
        write()

    assert refused.value.code == "busy"


def test_a_transaction_whose_answer_was_lost_is_done_once(wire: Wire) -> None:
    wire.lose(0)

    with db.transaction() as write:
        write.save("claim", claim(), condition=Claim.id.does_not_exist())

    assert wire.done == ["TransactWriteItems"] * 2


def test_a_transaction_of_which_a_try_is_still_under_way_is_asked_for_again_with_its_token(
    wire: Wire,
) -> None:
    wire.refuse("TransactionInProgressException", times=6)

    with db.transaction() as write:
        write.save("claim", claim(), condition=Claim.id.does_not_exist())

    assert len(set(wire.tokens)) == 1
    assert [each.state for each in Claim.scan()] == ["new"]


def test_without_its_write_id_a_lost_answer_looks_like_somebody_elses_write(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_recognition(monkeypatch)
    prepared(update)
    wire.lose(0)

    assert not update()
    assert Claim.get("one").state == "mine"
