"""A cursor opens the listing that it was made for, and no other."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import pages
from chalicelib.core.errors import Invalid


def _cursor(key: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def test_no_cursor_is_the_first_page() -> None:
    assert pages.decode_cursor(None, belongs_to="acc_1") is None
    assert pages.decode_cursor("", belongs_to="acc_1") is None


def test_a_cursor_of_this_listing_is_its_key() -> None:
    key = {"account_id": {"S": "acc_1"}, "id": {"S": "nb_9"}}

    assert pages.decode_cursor(_cursor(key), belongs_to="acc_1") == key


def test_a_cursor_of_another_account_is_refused() -> None:
    key = {"account_id": {"S": "acc_2"}, "id": {"S": "nb_9"}}

    with pytest.raises(Invalid, match="not one of ours"):
        pages.decode_cursor(_cursor(key), belongs_to="acc_1")


def test_a_cursor_of_another_index_is_refused() -> None:
    key = {"account_id": {"S": "acc_1"}, "id": {"S": "cl_9"}}

    assert pages.decode_cursor(_cursor(key), belongs_to="acc_1", key="account_id") == key
    with pytest.raises(Invalid, match="not one of ours"):
        pages.decode_cursor(_cursor(key), belongs_to="acc_1", key="live_account_id")


@given(st.text(min_size=1))
def test_any_other_text_is_refused_and_never_crashes(text: str) -> None:
    with pytest.raises(Invalid):
        pages.decode_cursor(text, belongs_to="acc_1")
