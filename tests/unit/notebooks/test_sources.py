"""What a notebook may be made from."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid
from chalicelib.notebooks import sources

GOOD = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}


def test_a_blank_notebook_is_a_notebook() -> None:
    assert sources.checked(sources.blank())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"hello", "not JSON"),
        (b"[]", "not a Jupyter notebook"),
        (b"{}", "not a Jupyter notebook"),
        (json.dumps({**GOOD, "nbformat": 3}).encode(), "nbformat 3"),
        (json.dumps({**GOOD, "cells": [{"cell_type": "heading"}]}).encode(), "cells of a kind"),
        (json.dumps({**GOOD, "cells": "none"}).encode(), "not a Jupyter notebook"),
    ],
)
def test_files_that_are_no_notebook_are_refused_with_the_reason(content: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says) as caught:
        sources.checked(content)

    assert caught.value.code == "not_a_notebook"


@given(st.text())
def test_any_name_becomes_a_file_name_that_every_system_takes(name: str) -> None:
    made = sources.file_name(name)

    assert made.endswith(".ipynb")
    assert "/" not in made
    assert "\\" not in made
    assert not made.startswith(".")
    assert len(made.encode()) <= 255
