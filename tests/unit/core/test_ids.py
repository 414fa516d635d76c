"""Ids sort by age, and nothing that isn't one passes for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import clock, ids


def test_an_id_made_later_sorts_later(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(1_700_000_000_000, 1_700_000_000_500, 5))
    monkeypatch.setattr(clock, "millis", lambda: next(moments))

    made = [ids.new_id("nb") for _ in range(50)]

    assert made == sorted(made)
    assert len(set(made)) == 50


def test_an_id_is_recognised_by_its_own_prefix_only() -> None:
    made = ids.new_id("nb")

    assert ids.is_id("nb", made)
    assert not ids.is_id("srv", made)


@given(st.text())
def test_no_other_text_passes_for_an_id(text: str) -> None:
    assert not ids.is_id("nb", text) or (len(text) == 29 and text.isascii())


@pytest.mark.parametrize("text", ["nb_", "nb_" + "u" * 26, "nb_" + "0" * 25, "nb_" + "0" * 27])
def test_letters_that_crockford_leaves_out_and_other_lengths_are_refused(text: str) -> None:
    assert not ids.is_id("nb", text)


def test_a_digest_does_not_tell_the_secret_and_is_compared_whole() -> None:
    secret = ids.new_secret()

    assert secret not in ids.digest(secret)
    assert ids.same(ids.digest(secret), ids.digest(secret))
    assert not ids.same(ids.digest(secret), ids.digest(ids.new_secret()))
