"""What things may be called."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import names
from chalicelib.core.errors import Invalid

GOOD = [
    "Ocean",
    "👩‍🔬 lab",
    "👨‍👩‍👧‍👦",
    "\u062f\u0627\u062f\u0647\u200c\u0647\u0627",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿 coast",
    "Lang­wort",
    "नमस्ते दुनिया",
    "한글 노트",
    "海洋モデル",
    "\u05e9\u05dc\u05d5\u05dd \u200f\u05e2\u05d5\u05dc\u05dd",
    "ẍ̱̂ over x",
    "❤️ 1️⃣",
    "=1+1",
    "<b>",
    "a/b\\c",
    "\U0001d4b3 model",
]


@pytest.mark.parametrize("name", GOOD)
def test_names_of_every_script_are_kept(name: str) -> None:
    assert names.clean(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("bell\a", "a control character .U.0007."),
        ("two\nlines", "a control character .U.000A."),
        ("\x85next", None),
        ("del\x7fete", "a control character .U.007F."),
        ("line\u2028end", "a line separator"),
        ("para\u2029graph", "a paragraph separator"),
        ("half \ud83d", "a lone surrogate"),
        ("txt.\u202egnp", "reorders text .U.202E."),
        ("\u2066isolate\u2069", "reorders text"),
        ("", "can be seen"),
        ("  ", "can be seen"),
        ("\u200d\u200b", "can be seen"),
        ("\u0301", "can be seen"),
        ("\u3164", "can be seen"),
        ("\u2800 \uffa0", "can be seen"),
    ],
)
def test_what_hides_or_reorders_is_refused_with_the_reason(name: str, says: str | None) -> None:
    if says is None:  # at the ends, it is a blank
        assert names.clean(name) == "next"
        return
    with pytest.raises(Invalid, match=says) as caught:
        names.clean(name)

    assert caught.value.code == "bad_name"


def test_composed_and_decomposed_are_one_name() -> None:
    assert names.clean("Re\u0301sume\u0301") == names.clean("Résumé") == "Résumé"
    assert names.clean("\u1112\u1161\u11ab") == "한"


def test_blanks_around_a_name_and_runs_of_them_inside_are_dropped() -> None:
    assert names.clean(" \tmy   notebook\n") == "my notebook"


@pytest.mark.parametrize(
    "name",
    ["\u200bx\u200b", "\ufeffx", "x\u00ad\u00ad", " \u2060 x\u200f ", "\u200e\u200b x \ufeff\n"],
)
def test_what_nobody_sees_at_the_ends_makes_no_name_of_its_own(name: str) -> None:
    assert names.clean(name) == names.tamed(name) == "x"


@pytest.mark.parametrize("name", ["क्\u200d", "❤\ufe0f", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "\u05e9\u200fa"])
def test_what_changes_how_the_last_letter_looks_stays(name: str) -> None:
    assert names.clean(name) == name


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=30))
def test_a_name_of_others_is_made_fit_or_empty(text: str) -> None:
    tamed = names.tamed(text)

    assert not tamed or names.clean(tamed) == tamed


@pytest.mark.parametrize(
    ("name", "characters", "short"),
    [
        ("👩‍🔬👩‍🔬", 4, "👩‍🔬"),
        ("ab\u0301c", 2, "a"),
        ("❤️❤️", 3, "❤️"),
        ("plain", 3, "pla"),
        ("short", 9, "short"),
    ],
)
def test_a_cut_parts_no_emoji_and_no_letter_from_its_marks(
    name: str, characters: int, short: str
) -> None:
    assert names.shortened(name, characters=characters) == short


@given(st.text(), st.integers(0, 40))
def test_a_shortened_name_begins_the_name_and_keeps_to_its_bytes(name: str, size: int) -> None:
    name = name.encode(errors="replace").decode()
    short = names.shortened(name, characters=100, size=size)

    assert name.startswith(short)
    assert len(short.encode()) <= size
