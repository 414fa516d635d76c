"""A notebook's life in the deployed stack: real processes, events, state machines and policies."""

import json
from concurrent.futures import ThreadPoolExecutor

from localcloud.testing import LocalCloud
from tests.people import Person
from tests.support import eventually


def test_a_notebook_starts_runs_and_stops_and_its_record_has_the_providers_time(
    cloud: LocalCloud, ada: Person
) -> None:
    notebook = ada.create("Life")

    told = notebook.start()
    names = [stage["name"] for stage in told["stages"]]
    assert names == ["requested", "launching", "booting", "restoring", "ready"]
    assert notebook.enter().get("/api/contents").status_code == 200

    told = notebook.stop()
    assert told["state"] == "stopped"
    assert told["last_stop"]["reason"] == "user"
    run = notebook.ask("GET", "/servers").json()["items"][0]
    assert run["exit_code"] == 0
    task = cloud.client("ecs").describe_tasks(
        cluster="ramon-local",
        tasks=cloud.client("ecs").list_tasks(
            cluster="ramon-local", startedBy=run["id"], desiredStatus="STOPPED"
        )["taskArns"],
    )["tasks"][0]
    assert run["stopped_at"][:19] == task["stoppedAt"].isoformat()[:19]


def test_every_task_carries_its_owners_tags(cloud: LocalCloud, ada: Person) -> None:
    notebook = ada.create("Tagged")
    notebook.start()
    run = notebook.ask("GET", "/servers").json()["items"][0]

    arns = cloud.client("ecs").list_tasks(cluster="ramon-local", startedBy=run["id"])["taskArns"]
    task = cloud.client("ecs").describe_tasks(cluster="ramon-local", tasks=arns, include=["TAGS"])[
        "tasks"
    ][0]
    tags = {tag["key"]: tag["value"] for tag in task["tags"]}

    assert tags["ramon:account"] == ada.ask("GET", "/me").json()["id"]
    assert tags["ramon:resource"] == notebook.id
    assert tags["ramon:stage"] == "local"
    notebook.stop()


def test_files_are_there_again_after_a_stop_and_a_start(ada: Person) -> None:
    notebook = ada.create("Files")
    notebook.start()
    content = {"type": "file", "format": "text", "content": "42\n"}
    saved = notebook.enter().request("PUT", "/api/contents/answer.txt", json=content)
    assert saved.status_code == 201, saved.text

    notebook.stop()
    notebook.start()

    found = notebook.enter().get("/api/contents/answer.txt").json()
    assert found["content"] == "42\n"
    notebook.stop()


def test_start_pressed_twice_at_once_starts_one_server(ada: Person) -> None:
    notebook = ada.create("Twice")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: notebook.ask("POST", "/start").status_code, range(8)))

    assert sorted(answers) == [202] + [409] * 7
    notebook.until("running")
    assert len(notebook.ask("GET", "/servers").json()["items"]) == 1
    notebook.stop()


def test_a_start_during_a_stop_is_refused_with_the_reason(ada: Person) -> None:
    notebook = ada.create("Hasty")
    notebook.start()
    assert notebook.ask("POST", "/stop").status_code == 202

    refused = notebook.ask("POST", "/start")

    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "busy_stopping"
    notebook.until("stopped")


def test_a_stop_while_it_starts_leaves_nothing_behind(cloud: LocalCloud, ada: Person) -> None:
    notebook = ada.create("Second thoughts")
    assert notebook.ask("POST", "/start").status_code == 202
    assert notebook.ask("POST", "/stop").status_code == 202

    notebook.until("stopped")

    run = notebook.ask("GET", "/servers").json()["items"][0]
    eventually(
        lambda: (
            not cloud.client("ecs").list_tasks(
                cluster="ramon-local", startedBy=run["id"], desiredStatus="RUNNING"
            )["taskArns"]
        ),
        within=30,
    )


def test_a_notebook_deleted_while_it_starts_is_stopped_and_can_be_restored(ada: Person) -> None:
    notebook = ada.create("Gone")
    assert notebook.ask("POST", "/start").status_code == 202
    assert notebook.ask("DELETE").status_code == 204

    notebook.until("stopped")
    assert notebook.ask("POST", "/start").json()["error"]["code"] == "deleted"
    assert notebook.ask("POST", "/restore").json()["deleted_at"] is None
    listed = ada.ask("GET", "/notebooks").json()["items"]
    assert notebook.id in [item["id"] for item in listed]


def test_a_duplicate_has_the_files_and_a_life_of_its_own(ada: Person) -> None:
    original = ada.create("Original")
    copied = original.ask("POST", "/duplicate", json={"name": "Copy"}).json()

    assert copied["workspace"]["files"] == 1
    assert copied["id"] != original.id
    assert original.ask("DELETE").status_code == 204
    assert ada.ask("GET", f"/notebooks/{copied['id']}").status_code == 200


def test_a_notebook_is_made_from_a_file_of_a_public_repository(ada: Person) -> None:
    url = "https://github.com/demo-science/random-walks/blob/main/random-walks.ipynb"

    notebook = ada.create("From GitHub", source={"kind": "github", "url": url})

    assert notebook.now["source"]["label"].startswith("demo-science/random-walks")
    assert notebook.now["workspace"]["files"] == 1


def test_a_notebook_is_made_from_an_uploaded_file(ada: Person) -> None:
    content = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []})
    offered = ada.ask("POST", "/uploads", json={"filename": "a.ipynb", "size": len(content)})
    assert offered.status_code == 201, offered.text
    upload = offered.json()
    put = ada.http.put(upload["url"], content=content, headers=upload["headers"])
    assert put.status_code == 200, put.text

    source = {"kind": "upload", "upload_id": upload["upload_id"]}
    assert ada.create("Uploaded", source=source).now["workspace"]["bytes"] == len(content)
