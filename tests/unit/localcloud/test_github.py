import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from localcloud.github.accounts import CLIENT_ID, CLIENT_SECRET
from localcloud.github.grants import CODE_SECONDS, Grants, Refused, s256
from localcloud.testing import LocalCloud

VERIFIER = "a-verifier-of-at-least-forty-three-characters-long"


class Browser:
    """Somebody at the sign-in page, and the application that sent them."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{cloud.port}/github")
        self.callback = f"{cloud.app_origin}/api/auth/github/callback"
        self.asked = {
            "client_id": CLIENT_ID,
            "redirect_uri": self.callback,
            "state": "s t&te",
            "scope": "user:email",
            "code_challenge": s256(VERIFIER),
            "code_challenge_method": "S256",
        }

    def choose(self, login: str = "ada", **change: str) -> httpx.Response:
        page = self.http.get("/login/oauth/authorize", params=self.asked | change)
        hidden = r'<input type="hidden" name="([^"]*)" value="([^"]*)">'
        form = {name: value.replace("&amp;", "&") for name, value in re.findall(hidden, page.text)}
        return self.http.post("/login/oauth/authorize", data=form | {"login": login})

    def code(self, login: str = "ada") -> str:
        location = self.choose(login).headers["location"]
        return parse_qs(urlsplit(location).query)["code"][0]

    def exchange(self, code: str, **change: str) -> dict[str, str]:
        form = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "code": code,
            "redirect_uri": self.callback,
            "code_verifier": VERIFIER,
        }
        answer: dict[str, str] = self.http.post(
            "/login/oauth/access_token", data=form | change, headers={"Accept": "application/json"}
        ).json()
        return answer

    def api(self, path: str, token: str | None = None, **headers: str) -> httpx.Response:
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self.http.get(f"/api/v3{path}", headers=headers)


@pytest.fixture
def browser(cloud: LocalCloud) -> Iterator[Browser]:
    browser = Browser(cloud)
    with browser.http:
        yield browser


def test_signing_in_leads_back_with_a_code_and_the_state(browser: Browser) -> None:
    location = browser.choose().headers["location"]
    assert location.startswith(f"{browser.callback}?")
    assert parse_qs(urlsplit(location).query)["state"] == ["s t&te"]


def test_the_code_gives_a_token_that_tells_who_it_is(browser: Browser) -> None:
    answer = browser.exchange(browser.code("grace"))
    assert (answer["token_type"], answer["scope"]) == ("bearer", "user:email")
    user = browser.api("/user", answer["access_token"]).json()
    assert (user["login"], user["name"], user["id"]) == ("grace", "Grace Hopper", 1002)
    emails = browser.api("/user/emails", answer["access_token"]).json()
    assert emails[0] | {"visibility": None} == {
        "email": "grace@example.org",
        "primary": True,
        "verified": True,
        "visibility": None,
    }
    assert browser.http.get(urlsplit(user["avatar_url"]).path.removeprefix("/github")).is_success


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code": "wrong"}, "bad_verification_code"),
        ({"code_verifier": "not the verifier"}, "bad_verification_code"),
        ({"code_verifier": ""}, "bad_verification_code"),
        ({"client_secret": "wrong"}, "incorrect_client_credentials"),
        ({"client_id": "wrong"}, "incorrect_client_credentials"),
        ({"redirect_uri": "https://evil.example/"}, "redirect_uri_mismatch"),
    ],
)
def test_a_code_is_not_exchanged_for_somebody_else(
    browser: Browser, change: dict[str, str], error: str
) -> None:
    answer = browser.exchange(**{"code": browser.code()} | change)
    assert answer["error"] == error
    assert "access_token" not in answer


def test_a_code_is_good_once(browser: Browser) -> None:
    code = browser.code()
    assert "access_token" in browser.exchange(code)
    assert browser.exchange(code)["error"] == "bad_verification_code"


def test_a_code_is_good_for_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    grants, now = Grants(), 0.0
    monkeypatch.setattr("localcloud.github.grants.time.monotonic", lambda: now)
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    early, late = (grants.allow("ada", "http://x", "", None) for _ in range(2))
    now = CODE_SECONDS - 1
    assert grants.exchange(form | {"code": early})["access_token"]
    now = CODE_SECONDS + 1
    with pytest.raises(Refused):
        grants.exchange(form | {"code": late})


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"client_id": "somebody-else"}, 404),
        ({"redirect_uri": "https://evil.example/"}, 400),
        ({"redirect_uri": "http://localhost/api/auth/github/callback.evil"}, 400),
        ({"code_challenge_method": "plain"}, 400),
    ],
)
def test_a_wrong_application_gets_a_page_and_nobody_is_sent_anywhere(
    browser: Browser, change: dict[str, str], status: int
) -> None:
    asked = browser.asked | change
    shown = browser.http.get("/login/oauth/authorize", params=asked)
    chosen = browser.http.post("/login/oauth/authorize", data=asked | {"login": "ada"})
    for answer in (shown, chosen):
        assert answer.status_code == status
        assert "location" not in answer.headers
        assert "<h1>" in answer.text


def test_parameters_do_not_become_markup(browser: Browser) -> None:
    asked = browser.asked | {"state": '"><script>alert(1)</script>'}
    assert "<script>" not in browser.http.get("/login/oauth/authorize", params=asked).text


def test_a_token_that_is_none_is_refused_as_github_does(browser: Browser) -> None:
    answer = browser.api("/user", "gho_wrong")
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")
    assert browser.api("/user").status_code == 401


def test_a_file_of_a_public_repository_comes_raw_and_as_json(browser: Browser) -> None:
    repository = "/repos/demo-science/random-walks"
    assert browser.api(repository).json()["default_branch"] == "main"
    commit = browser.api(f"{repository}/commits/main").json()["sha"]
    assert re.fullmatch("[0-9a-f]{40}", commit)
    path = f"{repository}/contents/notebooks/return-to-origin.ipynb?ref={commit}"
    raw = browser.api(path, Accept="application/vnd.github.raw+json").content
    assert json.loads(raw)["nbformat"] == 4
    described = browser.api(path).json()
    assert (described["type"], described["name"]) == ("file", "return-to-origin.ipynb")
    assert base64.b64decode(described["content"]) == raw


def test_the_application_may_ask_with_its_own_credentials(browser: Browser) -> None:
    credentials = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    path = "/repos/Demo-Science/Random-Walks"
    assert browser.api(path, Authorization=f"Basic {credentials}").is_success
    assert browser.api(path, Authorization="Basic eDp5").status_code == 401


def test_a_directory_is_listed(browser: Browser) -> None:
    listed = browser.api("/repos/demo-science/random-walks/contents/").json()
    assert {(entry["type"], entry["name"]) for entry in listed} >= {
        ("dir", "notebooks"),
        ("file", "random-walks.ipynb"),
    }


@pytest.mark.parametrize(
    "path",
    [
        "/repos/demo-science/nothing",
        "/repos/nobody/random-walks",
        "/repos/demo-science/random-walks/contents/nothing.ipynb",
        "/repos/demo-science/random-walks/contents/README.md?ref=nothing",
        "/repos/demo-science/random-walks/contents/..%2F..%2Fapp.py",
        "/repos/..%2F..%2F/random-walks",
        "/nothing",
    ],
)
def test_what_is_not_there_is_404_in_githubs_shape(browser: Browser, path: str) -> None:
    answer = browser.api(path)
    assert answer.status_code == 404
    assert answer.json()["documentation_url"].startswith("https://docs.github.com")


def test_a_branch_that_is_not_there_names_no_commit(browser: Browser) -> None:
    answer = browser.api("/repos/demo-science/random-walks/commits/nothing")
    assert answer.status_code == 422
