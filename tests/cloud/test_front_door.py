"""What the front door answers when there is nothing behind it."""

import httpx

from localcloud.testing import LocalCloud
from tests.people import Person


def test_an_unknown_route_is_told_in_the_one_shape_of_errors(ada: Person) -> None:
    for method, path in (("GET", "/nope"), ("PUT", "/notebooks"), ("GET", "/notebooks/a/b/c")):
        answer = ada.ask(method, path)

        assert 400 <= answer.status_code < 500, (path, answer.text)
        assert set(answer.json()["error"]) == {"code", "message", "details"}


def test_a_huge_body_is_refused_in_the_one_shape_of_errors(ada: Person) -> None:
    for size in (2_000_000, 11_000_000):
        answer = ada.ask("POST", "/notebooks", content=b"x" * size)

        assert answer.status_code == 413, answer.text
        assert answer.json()["error"]["code"]


def test_the_application_has_its_security_headers_on_every_page(cloud: LocalCloud) -> None:
    for path in ("/", "/notebooks", "/no/such/page"):
        headers = httpx.get(f"{cloud.app_origin}{path}").headers

        assert "script-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_a_strangers_host_name_is_misdirected(cloud: LocalCloud) -> None:
    answer = httpx.get(f"http://127.0.0.1:{cloud.port}/", headers={"Host": "evil.example"})

    assert answer.status_code == 421


def test_a_stopped_notebook_has_a_page_that_leads_to_starting_it(
    cloud: LocalCloud, ada: Person
) -> None:
    notebook = ada.create("Asleep")

    page = notebook.knock().get("/lab", Accept="text/html")

    assert page.status_code == 503
    assert f"{cloud.app_origin}/notebooks/{notebook.id}/open" in page.text
    gone = httpx.get(
        f"http://127.0.0.1:{cloud.port}/lab",
        headers={"Host": f"nb-{'0' * 26}.localhost:{cloud.port}", "Accept": "text/html"},
    )
    assert gone.status_code == 404
