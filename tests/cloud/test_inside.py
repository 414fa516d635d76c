"""What somebody's code finds, and does not find, inside a notebook."""

from localcloud.testing import LocalCloud
from tests.jupyter import Kernel
from tests.people import Person

LOOK = """
import os, pathlib, urllib.request
marks = ("ACCESS_KEY", "TOKEN", "SECRET", "CREDENTIAL", "ROLE")
found = [name for name in os.environ if any(mark in name for mark in marks)]
found += [str(path) for path in pathlib.Path.home().glob(".aws*")]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for address in ("169.254.169.254/latest/meta-data", "169.254.170.2/v2/credentials"):
    try:
        opener.open("http://" + address, timeout=1).read()
    except OSError:
        continue
    found.append(address)
print(found)
"""


def test_there_are_no_credentials_inside_a_notebook(ada: Person) -> None:
    notebook = ada.create("Curious")
    notebook.start()

    kernel = Kernel.of_file(notebook.enter(), "Curious.ipynb")

    assert kernel.run(LOOK).strip() == "[]"
    notebook.stop()


def test_nobody_enters_without_a_ticket_and_a_ticket_is_good_once(
    ada: Person, grace: Person
) -> None:
    notebook = ada.create("Locked")
    notebook.start()
    outside, inside = notebook.knock(), notebook.knock()
    way_in = notebook.ask("POST", "/open").json()["url"]

    assert outside.get("/api/contents").status_code == 403
    assert inside.get(way_in).status_code == 302
    assert inside.get("/api/contents").status_code == 200

    assert outside.get(way_in).status_code >= 400
    assert outside.get("/api/contents").status_code == 403
    assert grace.ask("POST", f"/notebooks/{notebook.id}/open").status_code == 404
    notebook.stop()


def test_an_agents_token_ends_with_its_server(cloud: LocalCloud, ada: Person) -> None:
    notebook = ada.create("Brief")
    notebook.start()
    run = notebook.ask("GET", "/servers").json()["items"][0]["id"]
    ecs = cloud.client("ecs")
    task = ecs.describe_tasks(
        cluster="ramon-local",
        tasks=ecs.list_tasks(cluster="ramon-local", startedBy=run)["taskArns"],
    )["tasks"][0]
    environment = task["overrides"]["containerOverrides"][0]["environment"]
    token = next(e["value"] for e in environment if e["name"] == "RAMON_AGENT_TOKEN")
    agent = {"Authorization": f"Bearer {token}", "Cookie": ""}
    assert ada.ask("GET", "/agent/workspace", headers=agent).status_code == 200

    notebook.stop()

    assert ada.ask("GET", "/agent/workspace", headers=agent).status_code == 410
