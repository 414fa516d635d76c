"""Understands every form in which GitHub gives the address of a file.

A page of the file (blob, raw, blame, edit, its history), what its Raw button leads to, the host of
raw files, and the REST API's address, with whatever was pasted around it. A branch may have slashes
in its name, so an address alone does not say where the branch ends and the path begins: all ways to
read it are given, the shortest branch first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from chalicelib.core import config, names
from chalicelib.core.errors import Invalid

GITHUB = "https://github.com"
_RAW_HOSTS = ("raw.githubusercontent.com", "media.githubusercontent.com", "raw.github.com")
_API_HOST = "api.github.com"
_PAGES = ("blob", "raw", "blame", "edit", "delete", "tree", "commits")
_MOST_READINGS = 8
"""Ways to read one address that are tried: nobody's branch has more slashes."""

_AROUND = "<>\"'`"
_BEFORE = "([{\u201c\u2018\u00ab" + _AROUND
_AFTER = ")]}.,;:!\u201d\u2019\u00bb" + _AROUND
"""What stands beside an address in a sentence."""

_LINK = re.compile(r"^\[[^\]]*\]\(\s*(\S+)\s*\)\W*$")
"""A link of Markdown."""

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read an address: a branch, tag or commit, and a path."""

    ref: str
    path: str


@dataclass(frozen=True, slots=True)
class Address:
    """A file of a repository, in every way that its address can be read; the likeliest first."""

    owner: str
    repository: str
    readings: list[Reading]


def parse(text: str) -> Address:
    """The file that an address names. Raises `Invalid` with an example of an address."""
    for address in _pasted(text):
        for parts in _forms(_split_url(address)):
            readings = list(_readings(parts[2:])) if len(parts) >= 4 and all(parts[:2]) else []
            if readings:
                return Address(parts[0], parts[1].removesuffix(".git"), readings)
    raise Invalid(
        "Paste the address of a notebook's page on GitHub, such as "
        f"{GITHUB}/owner/repository/blob/main/analysis.ipynb.",
        code="bad_github_url",
        field="source.url",
    )


def _pasted(text: str) -> Iterator[str]:
    """The addresses that a text may mean that was copied with what stood around it."""
    text = names.trimmed(text)
    if link := _LINK.match(text):
        text = link[1]
    bare = names.trimmed(text.strip(_AROUND))
    yield bare
    yield names.trimmed(bare.lstrip(_BEFORE).rstrip(_AFTER))


def _split_url(address: str) -> SplitResult:
    try:
        url = urlsplit(address if _SCHEME.match(address) else f"https://{address}")
        _ = url.port  # raises for what is no number
    except ValueError:
        return urlsplit("")
    return url


def _forms(url: SplitResult) -> Iterator[list[str]]:
    """Owner, repository, and the parts of ref and path, for the form that the address has."""
    host = (url.hostname or "").removeprefix("www.").removesuffix(".")
    if url.scheme not in ("http", "https"):
        return
    if host in _RAW_HOSTS:
        parts = _split(url.path)
        yield parts[1:] if parts[:1] == ["media"] else parts
    elif host == _API_HOST:
        yield from _of_api(_split(url.path), url.query)
    else:
        yield from _of_pages(host, url)


def _of_pages(host: str, url: SplitResult) -> Iterator[list[str]]:
    for base in (config.settings().github_web_base, GITHUB):
        home = urlsplit(base)
        same_port = base == GITHUB or url.port == home.port
        if host == home.hostname and same_port and url.path.startswith(f"{home.path}/"):
            parts = _split(url.path.removeprefix(home.path))
            if len(parts) >= 5 and parts[2] in _PAGES:
                yield [*parts[:2], *parts[3:]]


def _of_api(parts: list[str], query: str) -> Iterator[list[str]]:
    """`/repos/<owner>/<repository>/contents/<path>?ref=<ref>`."""
    if len(parts) >= 5 and (parts[0], parts[3]) == ("repos", "contents"):
        ref = parse_qs(query).get("ref", ["HEAD"])[0]
        yield [*parts[1:3], ref, *parts[4:]]


def _split(path: str) -> list[str]:
    return re.sub("/{2,}", "/", unquote(path)).strip("/").split("/")


def _readings(parts: list[str]) -> Iterator[Reading]:
    """`main/a/b.ipynb` as branch `main` and path `a/b.ipynb`, then `main/a` and `b.ipynb`."""
    kind = ""
    if not _names_a_notebook(parts):
        return
    if parts[0] == "refs" and parts[1:2] in (["heads"], ["tags"]):
        # The API's own words for "a branch", "a tag" (REST API, "Get a commit").
        kind, parts = f"{parts[1]}/", parts[2:]
    for end in range(1, min(len(parts), _MOST_READINGS + 1)):
        yield Reading(f"{kind}{'/'.join(parts[:end])}", "/".join(parts[end:]))


def _names_a_notebook(parts: list[str]) -> bool:
    is_plain = all(part and part not in (".", "..") for part in parts)
    return is_plain and parts[-1].lower().endswith(".ipynb") and names.holds("/".join(parts))
