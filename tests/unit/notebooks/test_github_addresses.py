"""Every form in which GitHub gives the address of a file leads to it."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import config
from chalicelib.core.errors import Invalid
from chalicelib.notebooks import github_addresses
from chalicelib.notebooks.github_addresses import Reading


@pytest.fixture(autouse=True, scope="module")
def enterprise() -> Iterator[None]:
    """A GitHub of one's own beside github.com."""
    with pytest.MonkeyPatch.context() as patch:
        own = SimpleNamespace(github_web_base="https://git.example.org:8443/hub")
        patch.setattr(config, "settings", lambda: own)
        yield


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/ocean/argo/blob/main/a/floats.ipynb",
        "https://github.com/ocean/argo/raw/main/a/floats.ipynb",
        "https://github.com/ocean/argo/blame/main/a/floats.ipynb",
        "https://github.com/ocean/argo/edit/main/a/floats.ipynb",
        "https://github.com/ocean/argo/blob/main/a/floats.ipynb#L10-L20",
        "https://github.com/ocean/argo/blob/main/a/floats.ipynb?plain=1",
        "https://github.com/ocean/argo/raw/main/a/floats.ipynb?download=",
        "https://www.github.com/ocean/argo/blob/main/a/floats.ipynb",
        "http://github.com/ocean/argo/blob/main/a/floats.ipynb",
        "HTTPS://GitHub.com/ocean/argo/blob/main/a/floats.ipynb",
        "github.com/ocean/argo/blob/main/a/floats.ipynb",
        "  https://github.com/ocean/argo/blob/main/a/floats.ipynb\n",
        "<https://github.com/ocean/argo/blob/main/a/floats.ipynb>",
        "https://github.com/ocean/argo.git/blob/main/a/floats.ipynb",
        "https://raw.githubusercontent.com/ocean/argo/main/a/floats.ipynb",
        "https://raw.githubusercontent.com/ocean/argo/main/a/floats.ipynb?token=x",
        "https://media.githubusercontent.com/media/ocean/argo/main/a/floats.ipynb",
        "https://api.github.com/repos/ocean/argo/contents/a/floats.ipynb?ref=main",
        "https://git.example.org:8443/hub/ocean/argo/blob/main/a/floats.ipynb",
        "https://github.com/ocean/argo/commits/main/a/floats.ipynb",
        "https://github.com/ocean/argo/delete/main/a/floats.ipynb",
        "https://raw.github.com/ocean/argo/main/a/floats.ipynb",
        "https://github.com./ocean/argo/blob/main/a/floats.ipynb",
        "https://github.com/ocean/argo/blob/main//a/floats.ipynb",
        "https://github.com//ocean/argo/blob/main/a//floats.ipynb",
        "\u200bhttps://github.com/ocean/argo/blob/main/a/floats.ipynb\u200b",
        "\ufeff https://github.com/ocean/argo/blob/main/a/floats.ipynb",
        "https://github.com/ocean/argo/blob/main/a/floats.ipynb)",
        "(https://github.com/ocean/argo/blob/main/a/floats.ipynb).",
        "https://github.com/ocean/argo/blob/main/a/floats.ipynb,",
        "`https://github.com/ocean/argo/blob/main/a/floats.ipynb`",
        "“https://github.com/ocean/argo/blob/main/a/floats.ipynb”",
        "[floats](https://github.com/ocean/argo/blob/main/a/floats.ipynb).",
    ],
)
def test_every_form_of_one_file_means_that_file(address: str) -> None:
    found = github_addresses.parse(address)

    assert (found.owner, found.repository) == ("ocean", "argo")
    assert found.readings == [Reading("main", "a/floats.ipynb"), Reading("main/a", "floats.ipynb")]


@pytest.mark.parametrize(
    ("address", "first"),
    [
        ("https://github.com/o/r/raw/refs/heads/main/a.ipynb", Reading("heads/main", "a.ipynb")),
        ("https://github.com/o/r/blob/refs/tags/v1/a.ipynb", Reading("tags/v1", "a.ipynb")),
        (
            "https://raw.githubusercontent.com/o/r/refs/heads/main/a.ipynb",
            Reading("heads/main", "a.ipynb"),
        ),
        ("https://github.com/o/r/blob/HEAD/a%20b.ipynb", Reading("HEAD", "a b.ipynb")),
        ("https://github.com/o/r/blob/0a1b2c3/A.IPYNB", Reading("0a1b2c3", "A.IPYNB")),
        ("https://github.com/o/r/blob/main/%E6%B5%B7/🌊.ipynb", Reading("main", "海/🌊.ipynb")),
        ("https://api.github.com/repos/o/r/contents/a.ipynb", Reading("HEAD", "a.ipynb")),
    ],
)
def test_branches_tags_commits_and_paths_are_understood(address: str, first: Reading) -> None:
    assert github_addresses.parse(address).readings[0] == first


def test_a_branch_may_have_slashes() -> None:
    found = github_addresses.parse("https://github.com/o/r/blob/refs/heads/fix/sea/ice/a.ipynb")

    assert Reading("heads/fix/sea", "ice/a.ipynb") in found.readings
    assert Reading("heads/fix/sea/ice", "a.ipynb") in found.readings


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://github.com",
        "https://github.com/o/r",
        "https://github.com/o/r/blob/main",
        "https://github.com/o/r/blob/main/readme.md",
        "https://github.com/o/r/issues/1/a.ipynb",
        "https://github.com/o/r/blob/main/../a.ipynb",
        "https://github.com/o/r/blob/main/%2e%2e/a.ipynb",
        "https://github.com/o/r/blob/main/a%00.ipynb",
        "https://github.com/o/r/blob/main/a\u202e.ipynb",
        "https://github.com.evil.example/o/r/blob/main/a.ipynb",
        "https://evil.example/github.com/o/r/blob/main/a.ipynb",
        "https://git.example.org/hub/o/r/blob/main/a.ipynb",
        "https://github.com@evil.example/o/r/blob/main/a.ipynb",
        "ftp://github.com/o/r/blob/main/a.ipynb",
        "javascript:alert(1)//a.ipynb",
        "https://[broken/a.ipynb",
        "https://github.com:port/o/r/blob/main/a.ipynb",
    ],
)
def test_anything_else_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(Invalid, match=r"https://github.com/owner/repository/blob"):
        github_addresses.parse(address)


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    for address in (text, f"https://github.com/{text}", f"https://github.com/o/r/blob/{text}"):
        try:
            found = github_addresses.parse(address)
        except Invalid:
            continue
        assert found.readings
