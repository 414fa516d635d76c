"""This service as a person uses it: the whole local cloud, through its front door."""

import asyncio
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from subprocess import TimeoutExpired
from tempfile import TemporaryDirectory
from typing import Any, Self

import httpx
from aiohttp import ClientResponse, ClientSession
from yarl import URL

from benchmarks.errors import BenchmarkError
from benchmarks.kernels import Jupyter
from benchmarks.progress import say
from localcloud import testing
from localcloud.testing import LocalCloud

LOGINS = ("ada", "grace", "emmy", "nameless")
"""The stand-in's demo accounts."""

_SAME_ORIGIN = {"X-Ramon-Request": "1", "Sec-Fetch-Site": "same-origin"}
_SCOPES = ["notebooks:read", "notebooks:write"]
_HIDDEN_FIELD = re.compile(r'type="hidden" name="([^"]*)" value="([^"]*)"')


@contextmanager
def running(*, deploy: bool = True) -> Iterator[LocalCloud]:
    """The whole service, deployed freshly; it and all its notebooks end with the block.

    Without `deploy`, the stand-ins alone, with nothing in them.
    """
    with TemporaryDirectory(prefix="ramon-benchmark-") as folder:
        try:
            cloud = testing.start(Path(folder), deploy=deploy)
        except RuntimeError as error:
            raise BenchmarkError(str(error)) from error
        try:
            yield cloud
        finally:
            _end(cloud)


def _end(cloud: LocalCloud) -> None:
    """As Ctrl-C does; what is left after that is killed, and takes its notebooks along."""
    try:
        cloud.stop()
    except TimeoutExpired:
        say("The local cloud did not end in time and was killed.")
    finally:
        cloud.kill()


@dataclass(frozen=True)
class Person:
    """Somebody with an API token."""

    http: ClientSession
    origin: str
    headers: dict[str, str]

    @classmethod
    async def signed_in(
        cls, http: ClientSession, origin: str, login: str, plan: str | None = None
    ) -> Self:
        """Somebody who went through GitHub's page, paid for a plan if need be, and made a token."""
        cookie = await _session_cookie(http, origin, login)
        if plan is not None:
            await asyncio.to_thread(_subscribe, origin, cookie, plan)
        wanted = {"name": "benchmark", "scopes": _SCOPES, "expires_in_days": 1}
        async with http.post(
            f"{origin}/api/me/tokens", json=wanted, headers={**_SAME_ORIGIN, "Cookie": cookie}
        ) as answer:
            token = (await _told(answer))["token"]
        return cls(http, origin, {"Authorization": f"Bearer {token}"})

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """What the API answers to one request. Raises BenchmarkError if it refuses."""
        async with self.http.request(
            method, f"{self.origin}/api{path}", headers=self.headers, json=body
        ) as answer:
            return await _told(answer)

    async def create(self, name: str) -> str:
        """Make a blank notebook; answers its id."""
        notebook_id: str = (await self.ask("POST", "/notebooks", {"name": name}))["id"]
        return notebook_id

    async def look(self, notebook_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """How notebooks are now, by their ids: one by itself, several from the list."""
        if len(notebook_ids) == 1:
            found = [await self.ask("GET", f"/notebooks/{notebook_ids[0]}")]
        else:
            found = (await self.ask("GET", "/notebooks?limit=100"))["items"]
        return {told["id"]: told for told in found}

    async def enter(self, notebook_id: str, origin: str) -> Jupyter:
        """Exchange a ticket for the cookies of a running notebook's own origin."""
        ticket = URL((await self.ask("POST", f"/notebooks/{notebook_id}/open"))["url"])
        async with self.http.get(ticket, allow_redirects=False) as answer:
            if answer.status != 302:
                text = (await answer.text())[:500]
                raise BenchmarkError(f"The notebook did not let us in: {answer.status} {text}")
            cookies = {name: morsel.value for name, morsel in answer.cookies.items()}
        # JupyterLab's page brings this cookie along; the server only compares it with the header.
        cookies["_xsrf"] = secrets.token_hex(16)
        headers = {
            "Cookie": _cookie_header(cookies),
            "Origin": origin,
            "X-XSRFToken": cookies["_xsrf"],
        }
        return Jupyter(self.http, origin, headers)


def _subscribe(origin: str, cookie: str, plan: str) -> None:
    headers = {**_SAME_ORIGIN, "Cookie": cookie}
    with httpx.Client(base_url=origin, headers=headers, timeout=60) as browser:
        try:
            testing.subscribe(browser, plan)
        except (RuntimeError, httpx.HTTPError) as error:
            raise BenchmarkError(f"The plan {plan} could not be had: {error}") from error


async def _session_cookie(http: ClientSession, origin: str, login: str) -> str:
    begin = f"{origin}/api/auth/github/start?return_to=/"
    async with http.get(begin, allow_redirects=False) as start:
        kept = {name: morsel.value for name, morsel in start.cookies.items()}
        to_github = URL(start.headers["Location"], encoded=True)
    async with http.get(to_github) as page:
        fields = {
            unescape(name): unescape(value)
            for name, value in _HIDDEN_FIELD.findall(await page.text())
        }
        form = page.url
    async with http.post(form, data={**fields, "login": login}, allow_redirects=False) as chosen:
        back = URL(chosen.headers["Location"], encoded=True)
    async with http.get(
        back, headers={"Cookie": _cookie_header(kept)}, allow_redirects=False
    ) as done:
        if "__Host-sid" not in done.cookies:
            raise BenchmarkError(f"{login} could not sign in: {(await done.text())[:500]}")
        return _cookie_header({"__Host-sid": done.cookies["__Host-sid"].value})


async def _told(answer: ClientResponse) -> Any:
    if answer.status >= 400:
        text = (await answer.text())[:500]
        raise BenchmarkError(f"{answer.method} {answer.url.path}: {answer.status} {text}")
    return await answer.json()


def _cookie_header(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())
