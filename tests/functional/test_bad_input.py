"""Whatever is sent, the answer is 4xx in the one shape, and says what is wrong."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.functional.conftest import Caller

NOTEBOOK = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"{", 400, "not_json"),
        (b"\xff\xfe{}", 400, "not_json"),
        (b"[]", 422, "invalid"),
        (b"null", 422, "invalid"),
        (b"{}", 422, "invalid"),
        (b'{"name": 5}', 422, "invalid"),
        (b'{"name": ""}', 422, "invalid"),
        (b'{"name": "   "}', 422, "bad_name"),
        (b'{"name": "a\\u0000b"}', 422, "bad_name"),
        (b'{"name": "\\ud800"}', 422, "bad_text"),
        (b'{"name": "x", "nmae": "y"}', 422, "invalid"),
        (b'{"name": "x", "size": "huge"}', 422, "invalid"),
        (b'{"name": "x", "idle_minutes": 0}', 422, "invalid"),
        (b'{"name": "x", "idle_minutes": 1e99}', 422, "invalid"),
        (b'{"name": "x", "source": {"kind": "ftp"}}', 422, "invalid"),
        (b'{"name": "' + b"x" * 2_000_000 + b'"}', 413, "too_large"),
        (b"[" * 100_000, 422, "invalid"),
    ],
    ids=lambda value: value[:30].decode("latin-1") if isinstance(value, bytes) else str(value),
)
def test_a_notebook_is_not_made_from_nonsense(
    raw: bytes, status: int, code: str, owner: Caller
) -> None:
    assert owner.refused("POST", "/notebooks", raw=raw) == (status, code)


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/a/b",
        "https://github.com/a/b/blob/main/readme.md",
        "https://github.com/a/b/blob/main/../../secrets.ipynb",
        "https://github.com.evil.example/a/b/blob/main/x.ipynb",
        "http://169.254.169.254/latest/meta-data/x.ipynb",
        "file:///etc/passwd.ipynb",
        "",
        "https://github.com/a/b/blob/main/x\u0000.ipynb",
    ],
)
def test_only_a_notebooks_page_on_github_is_fetched(url: str, owner: Caller) -> None:
    wanted = {"name": "x", "source": {"kind": "github", "url": url}}

    assert owner.refused("POST", "/notebooks", wanted) == (422, "bad_github_url")


def test_a_file_of_200_mb_is_refused_before_it_is_sent(owner: Caller) -> None:
    wanted = {"filename": "big.ipynb", "size": 200 * 1000 * 1000}

    assert owner.refused("POST", "/uploads", wanted) == (413, "too_large")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n",
        b"{}",
        json.dumps({**NOTEBOOK, "nbformat": 3}).encode(),
        json.dumps({**NOTEBOOK, "cells": [{"cell_type": "evil"}]}).encode(),
        b'{"metadata": {"x": ' + b"[" * 100_000,
    ],
)
def test_an_uploaded_file_that_is_no_notebook_is_refused(content: bytes, owner: Caller) -> None:
    from chalicelib.core import aws, config  # noqa: PLC0415  after the settings; see conftest

    upload = owner.told("POST", "/uploads", {"filename": "../../a.ipynb", "size": 1})
    account = owner.told("GET", "/me")["id"]
    aws.client("s3").put_object(
        Bucket=config.settings().uploads_bucket,
        Key=f"uploads/{account}/{upload['upload_id']}",
        Body=content,
    )

    wanted = {"name": "x", "source": {"kind": "upload", "upload_id": upload["upload_id"]}}

    assert owner.refused("POST", "/notebooks", wanted) == (422, "not_a_notebook")


def test_somebody_elses_upload_is_not_found(owner: Caller, stranger: Caller) -> None:
    upload = owner.told("POST", "/uploads", {"filename": "a.ipynb", "size": 1})
    wanted = {"name": "x", "source": {"kind": "upload", "upload_id": upload["upload_id"]}}

    assert stranger.refused("POST", "/notebooks", wanted) == (404, "not_found")


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=", "limit=٣"])
def test_a_page_has_a_sensible_size(query: str, owner: Caller) -> None:
    assert owner.refused("GET", f"/notebooks?{query}") == (422, "invalid")


def test_a_strange_cursor_is_refused(owner: Caller) -> None:
    assert owner.refused("GET", "/notebooks?cursor=abc") == (422, "bad_cursor")


@pytest.mark.parametrize("until", ["yesterday", "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"])
def test_keep_running_takes_times_of_the_next_days_only(until: str, owner: Caller) -> None:
    notebook = owner.told("POST", "/notebooks", {"name": "Keep"})["id"]

    status, _ = owner.refused("PUT", f"/notebooks/{notebook}/keep-running", {"until": until})

    assert status == 422


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(body=_json)
def test_no_json_at_all_makes_the_service_stumble(body: Any, owner: Caller) -> None:
    answer = owner.ask("POST", "/me/tokens", body)

    assert answer.status_code in (400, 422)


def test_a_body_that_claims_to_be_something_else_is_read_as_what_it_is(owner: Caller) -> None:
    kind = {"Content-Type": "application/octet-stream"}
    odd = Caller(owner.client, {**owner.headers, **kind})

    assert odd.refused("POST", "/notebooks", raw=b"\x00\x01") == (400, "not_json")
