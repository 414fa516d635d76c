import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from localcloud.edge.site import Site

Get = Callable[..., httpx.Response]

POLICY = (b"x-frame-options", b"DENY")


class OneHeader:
    """A response headers policy with one header."""

    def added_to(self, headers: Any) -> Any:
        return [*headers, POLICY]


@pytest.fixture
def get(tmp_path: Path) -> Get:
    """Asks a site with a page, a hashed asset and a secret beside it."""
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<h1>app</h1>")
    (dist / "assets" / "app-4f2a.js").write_text("run()")
    (tmp_path / "secret.txt").write_text("secret")
    (dist / "link.txt").symlink_to(tmp_path / "secret.txt")
    site = Site(dist, OneHeader())

    def get(path: str, method: str = "GET", **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(site)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                return await client.request(method, path, headers=named)

        return asyncio.run(ask())

    return get


@pytest.mark.parametrize("path", ["/", "/notebooks", "/notebooks/nb_1/settings", "/index.html"])
def test_pages_of_the_application_are_one_file(get: Get, path: str) -> None:
    answer = get(path)
    assert (answer.status_code, answer.text) == (200, "<h1>app</h1>")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-frame-options"] == "DENY"


def test_hashed_files_are_kept_forever(get: Get) -> None:
    answer = get("/assets/app-4f2a.js")
    assert answer.text == "run()"
    assert "immutable" in answer.headers["cache-control"]
    assert "javascript" in answer.headers["content-type"]


def test_a_file_that_the_browser_has_is_not_sent_again(get: Get) -> None:
    etag = get("/").headers["etag"]
    answer = get("/", If_None_Match=f'"other", {etag}')
    assert (answer.status_code, answer.content) == (304, b"")
    assert get("/", If_None_Match='"other"').status_code == 200


def test_a_file_that_is_missing_is_not_the_application(get: Get) -> None:
    assert get("/assets/gone.js").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/link.txt"],
)
def test_nothing_outside_of_the_folder_is_served(get: Get, path: str) -> None:
    answer = get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text


@pytest.mark.parametrize("path", ["/%00.js", f"/{'x' * 300}.js", f"/{'x/' * 3000}y.js"])
def test_names_that_no_file_can_have_are_not_found(get: Get, path: str) -> None:
    assert get(path).status_code == 404


def test_only_reading_is_allowed(get: Get) -> None:
    assert get("/", method="POST").status_code == 405
    assert get("/", method="HEAD").status_code == 200


def test_before_the_pages_are_built_it_says_what_to_do(tmp_path: Path) -> None:
    site = Site(tmp_path / "nothing", OneHeader())

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(site), base_url="http://x"
        ) as client:
            return await client.get("/")

    answer = asyncio.run(ask())
    assert answer.status_code == 503
    assert "make setup" in answer.text
