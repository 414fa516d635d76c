"""What is wrong with a text is said so that a person can mend it."""

import pytest

from chalicelib.core import words


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "Expected `str` of length <= 100",
            "This is too long: it may have at most 100 characters. Shorten it.",
        ),
        ("Expected `str` of length >= 1", "This is too short: it needs at least one character."),
        ("Expected `int` >= 1", "Expected `int` >= 1."),
    ],
)
def test_a_length_is_told_in_characters(message: str, said: str) -> None:
    assert words.of_length(message) == said


@pytest.mark.parametrize(
    ("body", "half"),
    [
        (b'{"name": "\\ud800"}', "U+D800"),
        (b'{"a": [{"\\udfff": 1}]}', "U+DFFF"),
        (b'{"name": "\\ud83d\\ude00"}', None),
        (b'{"name": "\\\\ud800"}', None),
        (b"{", None),
        (b"\xff", None),
        (b"[" * 100_000, None),
    ],
)
def test_half_a_character_is_found_in_json(body: bytes, half: str | None) -> None:
    assert words.lone_surrogate(body) == half
