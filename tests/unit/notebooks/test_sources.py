"""What a notebook may be made from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.notebooks import sources


@given(st.text())
def test_any_name_becomes_a_file_name_that_every_system_takes(name: str) -> None:
    made = sources.file_name(name)

    assert made.endswith(".ipynb")
    assert "/" not in made
    assert "\\" not in made
    assert not made.startswith(".")
    assert len(made.encode()) <= 255


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("Résumé 1%.ipynb", "Résumé 1%.ipynb"),
        ("Re\u0301sume\u0301.ipynb", "Résumé.ipynb"),
        ("👩‍🔬 daten: teil #2?.ipynb", "👩‍🔬 daten: teil #2?.ipynb"),
        ("نتائج.IPYNB", "نتائج.ipynb"),
        ("C:\\work\\floats.ipynb", "floats.ipynb"),
        ("../../etc/passwd", "passwd.ipynb"),
        (".hidden.ipynb", "hidden.ipynb"),
        ("a\nb\u202e.ipynb", "a b.ipynb"),
        ("\u200d", "Untitled.ipynb"),
        ("\U00020000" * 100, "\U00020000" * 62 + ".ipynb"),
    ],
)
def test_an_upload_keeps_its_name(given_name: str, kept: str) -> None:
    assert sources.file_name(given_name) == kept
