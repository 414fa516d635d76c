"""Names in a zip mean the same everywhere, and no two of them are one file."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.workspaces.archive_names import ArchiveNames

_PART = st.text("aAé\u0301e\\:.* C-ON1\x01\u202e(2)", min_size=1, max_size=8).filter(
    lambda part: part not in (".", "..")
)
_PATHS = st.lists(st.lists(_PART, min_size=1, max_size=3).map("/".join), max_size=12, unique=True)


@pytest.mark.parametrize(
    ("path", "harmless"),
    [
        ("..\\..\\evil.txt", ".._.._evil.txt"),
        ("C:\\x.txt", "C__x.txt"),
        ("C:/x.txt", "C_/x.txt"),
        ("CON", "_CON"),
        ("a/nul.tar.gz", "a/_nul.tar.gz"),
        ("com\u00b9.txt", "_com\u00b9.txt"),
        ("two\nlines", "two_lines"),
        ("end.", "end_"),
        ("space ", "space_"),
        ("gpj\u202egnp", "gpj_gnp"),
        ("cafe\u0301", "caf\u00e9"),
        ("console.log", "console.log"),
        (".hidden/-rf", ".hidden/-rf"),
    ],
)
def test_a_name_that_means_something_elsewhere_is_made_harmless(path: str, harmless: str) -> None:
    assert ArchiveNames([path]).of(path) == harmless


@pytest.mark.parametrize(
    ("paths", "named"),
    [
        (["Data.csv", "data.csv"], ["Data.csv", "data (2).csv"]),
        (["Data", "data/x", "data/y"], ["Data", "data (2)/x", "data (2)/y"]),
        (["cafe\u0301", "caf\u00e9"], ["caf\u00e9 (2)", "caf\u00e9"]),
        (["a:b", "a_b"], ["a_b (2)", "a_b"]),
    ],
)
def test_what_would_be_one_file_elsewhere_gets_a_number(paths: list[str], named: list[str]) -> None:
    names = ArchiveNames(paths)

    assert [names.of(path) for path in paths] == named


@settings(max_examples=50)
@given(_PATHS)
def test_all_paths_stay_apart_and_none_is_dangerous(paths: list[str]) -> None:
    names = ArchiveNames(paths)

    given_names = [names.of(path) for path in paths]
    assert len({unicodedata.normalize("NFD", name).lower() for name in given_names}) == len(paths)
    for name in given_names:
        for part in name.split("/"):
            assert part not in ("", ".", "..")
            assert not re.search(r"[\\:*\x01\u202e]|[. ]$|^con(\.|$)", part, re.IGNORECASE)


def test_a_long_name_that_gets_a_number_is_still_one_that_linux_takes() -> None:
    paths = ["D" + "x" * 250 + ".csv", "d" + "x" * 250 + ".csv"]
    names = ArchiveNames(paths)

    assert names.of(paths[1]).endswith(" (2).csv")
    assert len(names.of(paths[1])) == 255
