"""Names of notebooks, clusters, tokens and people, and what GitHub calls its files."""

from typing import Any

import pytest

from tests.functional.clusters import WANTED, Home, at_home
from tests.functional.conftest import Caller

GITHUB = "https://github.com/demo-science/random-walks"
RAW = "https://raw.githubusercontent.com/demo-science/random-walks"


@pytest.mark.parametrize("name", ["👩‍🔬 lab", "\u062f\u0627\u062f\u0647\u200c\u0647\u0627", "海"])
def test_a_notebook_has_the_name_that_it_is_given(owner: Caller, name: str) -> None:
    made = owner.told("POST", "/notebooks", {"name": name})

    assert owner.told("GET", f"/notebooks/{made['id']}")["name"] == name


def test_a_decomposed_name_is_kept_composed_also_when_it_is_changed(owner: Caller) -> None:
    made = owner.told("POST", "/notebooks", {"name": "Re\u0301sume\u0301"})
    path, version = f"/notebooks/{made['id']}", made["version"]
    changed = owner.told("PATCH", path, {"name": "U\u0308bung"}, version=version)
    copied = owner.told("POST", f"{path}/duplicate", {"name": "A\u030angstro\u0308m"})

    assert (made["name"], changed["name"], copied["name"]) == ("Résumé", "Übung", "Ångström")


@pytest.mark.parametrize("name", ["a\u202eb", "a\u2028b", "a\tb", "\u200d"])
def test_a_name_that_hides_or_reorders_is_refused_everywhere(owner: Caller, name: str) -> None:
    version = owner.told("GET", "/me")["version"]
    renamed = owner.ask("PATCH", "/me", {"name": name}, version=version)
    token = {"name": name, "scopes": ["notebooks:read"]}

    assert owner.refused("POST", "/notebooks", {"name": name}) == (422, "bad_name")
    assert owner.refused("POST", "/me/tokens", token) == (422, "bad_name")
    assert renamed.status_code == 422


@pytest.fixture(scope="module")
def home(owner: Caller) -> Home:
    return at_home(owner)


def _cluster(home: Home, name: str) -> Any:
    return home.agent.told("POST", "/agent/clusters", {**WANTED, "name": name})


def test_a_cluster_is_found_by_its_name_in_either_form(home: Home) -> None:
    made = _cluster(home, "Mu\u0308nchen 🌧️")
    again = home.agent.refused("POST", "/agent/clusters", {**WANTED, "name": "München 🌧️"})
    found = home.agent.told("GET", "/agent/clusters?name=Mu%CC%88nchen%20%F0%9F%8C%A7%EF%B8%8F")

    assert made["name"] == "München 🌧️"
    assert again == (409, "name_taken")
    assert [each["id"] for each in found["items"]] == [made["id"]]


@pytest.mark.parametrize("name", ["a/b", "a\\b", "..", ".", "a\x00", "\u202e"])
def test_a_cluster_has_no_name_that_is_no_part_of_an_address(home: Home, name: str) -> None:
    wanted = {**WANTED, "name": name}

    assert home.agent.refused("POST", "/agent/clusters", wanted) == (422, "bad_name")


@pytest.mark.parametrize(
    "url",
    [
        f"{GITHUB}/raw/refs/heads/main/random-walks.ipynb",
        f"{GITHUB}/blob/drafts/spring/2026/random-walks.ipynb",
        f"{GITHUB}/blob/refs/tags/v1.0/random-walks.ipynb",
        f"  {RAW}/refs/heads/drafts/spring/2026/random-walks.ipynb ",
        "github.com/demo-science/random-walks/blob/main/random-walks.ipynb",
    ],
)
def test_a_notebook_is_made_from_every_form_of_an_address(owner: Caller, url: str) -> None:
    made = owner.told(
        "POST", "/notebooks", {"name": "Walk", "source": {"kind": "github", "url": url}}
    )

    assert made["source"]["label"].startswith("demo-science/random-walks/random-walks.ipynb at ")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://github.com/nobody/here/blob/main/a.ipynb", "no public repository “nobody/here”"),
        (f"{GITHUB}/blob/gone/a.ipynb", "no branch, tag or commit “gone”"),
        (f"{GITHUB}/blob/main/Random-Walks.ipynb", "no file “Random-Walks.ipynb” at “main”"),
    ],
)
def test_not_found_says_what_was_looked_for(owner: Caller, url: str, says: str) -> None:
    wanted = {"name": "Walk", "source": {"kind": "github", "url": url}}
    answer = owner.ask("POST", "/notebooks", wanted)

    assert answer.status_code == 404
    assert says in answer.json_body["error"]["message"]
