"""Records become what the API tells: fields by name, computed ones as given, checked as a whole."""

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from chalicelib.core.views import view
from chalicelib.core.vocabulary import Vocabulary


class Colour(Vocabulary):
    RED = "red"
    UNKNOWN = "unknown"


class Shown(msgspec.Struct):
    name: str
    colour: Colour
    size: int | None


@dataclass
class Record:
    name: str = "one"
    colour: str = "red"
    size: int | None = None
    secret: str = "never shown"


def test_a_field_of_the_same_name_is_taken_from_the_record_and_nothing_else_of_it() -> None:
    assert view(Shown, Record()) == Shown("one", Colour.RED, None)


def test_a_computed_field_is_preferred_to_the_record_s_own() -> None:
    assert view(Shown, Record(), size=3, name="other") == Shown("other", Colour.RED, 3)


def test_a_computed_field_that_the_schema_has_not_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="Shown has no field sise"):
        view(Shown, Record(), sise=3)


def test_a_value_of_another_type_is_a_mistake() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.size"):
        view(Shown, Record(), size="3")


def test_a_word_of_another_version_is_shown_as_unknown() -> None:
    assert view(Shown, Record(colour="ultraviolet")).colour is Colour.UNKNOWN


@pytest.mark.parametrize("value", [None, 3])
def test_what_is_no_word_is_no_unknown_word(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid Colour"):
        Colour(value)
