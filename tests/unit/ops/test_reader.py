"""The doctor reads what is in real tables and a real cluster."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.testing import LocalCloud
from ops.cloud import connect
from ops.doctor import __main__ as doctor
from ops.doctor.reader import Reader
from ops.doctor.world import Cluster, Notebook, OpenUse, Pool, Route, Server, Slots, Worker

KEYS = {
    "servers": "id",
    "notebooks": "id",
    "routes": "host",
    "slots": "account_id",
    "clusters": "id",
    "workers": "id",
    "cluster_pools": "id",
    "cluster_names": "key",
    "cluster_keys": "cluster_id",
    "cluster_slots": "account_id",
    "uses": "id",
}
ROWS: dict[str, dict[str, Any]] = {
    "servers": {
        "id": {"S": "srv_1"},
        "notebook_id": {"S": "nb_1"},
        "account_id": {"S": "acc_1"},
        "state": {"S": "running"},
        "task_arn": {"S": "arn:task/1"},
        "live": {"S": "0"},
        "lease_expires_at": {"N": "4000000000"},
    },
    "notebooks": {
        "id": {"S": "nb_1"},
        "account_id": {"S": "acc_1"},
        "state": {"S": "running"},
        "server_id": {"S": "srv_1"},
    },
    "routes": {
        "host": {"S": "nb-1"},
        "notebook_id": {"S": "nb_1"},
        "state": {"S": "running"},
        "target": {"S": "http://10.64.64.1:8888"},
        "server_id": {"S": "srv_1"},
    },
    "slots": {"account_id": {"S": "acc_1"}, "servers": {"SS": ["srv_1"]}},
    "clusters": {
        "id": {"S": "cl_1"},
        "account_id": {"S": "acc_1"},
        "notebook_id": {"S": "nb_1"},
        "server_id": {"S": "srv_1"},
        "name": {"S": "sim"},
        "state": {"S": "running"},
        "live": {"S": "0"},
        "wanted": {"N": "3"},
        "members": {"N": "1"},
        "vcpu": {"N": "2"},
        "lease_expires_at": {"N": "4000000000"},
    },
    "workers": {"id": {"S": "wk_1"}, "cluster_id": {"S": "cl_1"}, "job_id": {"S": "job-1"}},
    "cluster_pools": {
        "id": {"S": "acc_1/spot"},
        "account_id": {"S": "acc_1"},
        "kind": {"S": "spot"},
        "state": {"S": "making"},
    },
    "cluster_names": {"key": {"S": "nb_1/sim"}, "cluster_id": {"S": "cl_1"}},
    "cluster_keys": {"cluster_id": {"S": "cl_1"}, "address": {"S": "tls://10.64.64.1:8700"}},
    "cluster_slots": {"account_id": {"S": "acc_1"}, "vcpus": {"N": "6"}},
    "uses": {"id": {"S": "wk_1.1"}, "kind": {"S": "cluster"}, "open_shard": {"S": "0"}},
}


@pytest.fixture(scope="module", autouse=True)
def records(aws: LocalCloud) -> Iterator[None]:
    """The records of one running notebook whose task is gone."""
    dynamodb = aws.client("dynamodb")
    aws.client("ecs").create_cluster(clusterName="ramon-local")
    for table, key in KEYS.items():
        dynamodb.create_table(
            TableName=f"ramon-local-{table}",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        )
        dynamodb.put_item(TableName=f"ramon-local-{table}", Item=ROWS[table])
    yield
    for table in KEYS:
        dynamodb.delete_table(TableName=f"ramon-local-{table}")


@pytest.fixture
def here(aws: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIR", str(aws.state_dir))


@pytest.mark.usefixtures("here")
def test_records_are_read_as_they_stand() -> None:
    world = Reader(connect("local"), "local").read()

    assert world.servers["srv_1"] == Server(
        "srv_1", "nb_1", "acc_1", "running", "arn:task/1", True, 4_000_000_000
    )
    assert world.notebooks["nb_1"] == Notebook("nb_1", "acc_1", "running", "srv_1", False)
    assert world.routes["nb-1"] == Route(
        "nb-1", "nb_1", "running", "http://10.64.64.1:8888", "srv_1"
    )
    assert world.slots["acc_1"] == Slots("acc_1", frozenset({"srv_1"}))
    assert world.tasks == {}


@pytest.mark.usefixtures("here")
def test_records_of_clusters_are_read_as_they_stand() -> None:
    batch = Reader(connect("local"), "local").read().batch

    assert batch.clusters["cl_1"] == Cluster(
        "cl_1", "acc_1", "nb_1", "srv_1", "sim", "running", True, 1, 6, 4_000_000_000
    )
    assert batch.workers == {"wk_1": Worker("wk_1", "cl_1", "job-1", False, True)}
    assert batch.pools == {"acc_1/spot": Pool("acc_1/spot", "ramon-local-acc_1-spot", "making")}
    assert batch.open_uses == {"wk_1.1": OpenUse("wk_1.1")}
    assert (batch.names, batch.keys, batch.vcpus) == (
        {"nb_1/sim": "cl_1"}, {"cl_1": "cl_1"}, {"acc_1": 6},
    )  # fmt: skip
    assert (batch.jobs, batch.environments, batch.queues) == ({}, frozenset(), frozenset())


@pytest.mark.usefixtures("here")
def test_a_disagreement_is_shown_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    status = doctor.main(["--patience", "0"])

    said = capsys.readouterr().out
    assert status == 1
    assert "live_server_without_task  srv_1" in said
    assert "route_without_task        nb-1" in said


@pytest.mark.usefixtures("here")
def test_programs_get_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    doctor.main(["--json", "--patience", "0"])

    shown = json.loads(capsys.readouterr().out)
    assert shown["slots"] == [{"account_id": "acc_1", "server_ids": ["srv_1"]}]
    assert {finding["rule"] for finding in shown["findings"]} == {
        "live_server_without_task",
        "live_worker_without_job",
        "route_without_task",
    }


def test_without_anything_running_it_says_what_to_start(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("STATE_DIR", str(tmp_path_factory.mktemp("empty")))

    assert doctor.main([]) == 2
    assert "Start it by `make run`" in capsys.readouterr().err


def test_an_unknown_stage_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main(["--stage", "production"]) == 2
    assert "There is no stage 'production'" in capsys.readouterr().err
