"""The logs of a cluster: the newest lines of every worker, each with its worker."""

import time
from typing import Any

import pytest
from chalice.test import Client

from localcloud.testing import LocalCloud
from tests.functional.clusters import Home, at_home, recorded_cluster, recorded_worker
from tests.functional.conftest import signed_in


@pytest.fixture(scope="module")
def home(client: Client) -> Home:
    return at_home(signed_in(client, 720))


@pytest.fixture
def cluster(home: Home) -> str:
    return recorded_cluster(home.account_id, home.notebook_id, is_live=True)


def wrote(home: Home, cloud: LocalCloud, cluster_id: str, *lines: str, ended: bool = False) -> str:
    """A worker of the cluster that wrote these lines, a second apart, the last one just now."""
    from chalicelib.clusters.models import Worker  # noqa: PLC0415  after the settings
    from chalicelib.core import clock, config  # noqa: PLC0415

    worker_id, _ = recorded_worker(home.account_id, cluster_id)
    changes: list[Any] = [Worker.streams.set({"1": "before", "2": worker_id})]
    if ended:
        changes += [Worker.ended_at.set(clock.now()), Worker.live_cluster_id.remove()]
    Worker(worker_id).update(changes)
    logs, group = cloud.client("logs"), config.settings().worker_log_group
    logs.create_log_stream(logGroupName=group, logStreamName=worker_id)
    now = round(time.time() * 1000)
    events = [
        {"timestamp": now - 1000 * (len(lines) - at), "message": text}
        for at, text in enumerate(lines)
    ]
    for start in range(0, len(events), 1000):
        logs.put_log_events(
            logGroupName=group, logStreamName=worker_id, logEvents=events[start : start + 1000]
        )
    return worker_id


def test_every_worker_is_heard_with_its_newest_lines(
    home: Home, cloud: LocalCloud, cluster: str
) -> None:
    one = wrote(home, cloud, cluster, *(f"one {at}" for at in range(1500)))
    two = wrote(home, cloud, cluster, "hello", "Traceback:", "  File x", "ValueError: no")
    gone = wrote(home, cloud, cluster, "last words", ended=True)
    recorded_worker(home.account_id, cluster)  # one that has written nothing

    for caller, path in ((home.owner, "/clusters"), (home.agent, "/agent/clusters")):
        page = caller.told("GET", f"{path}/{cluster}/logs")
        said = [(line["worker"], line["text"]) for line in page["lines"]]
        assert page["next_cursor"] is None
        assert [text for worker, text in said if worker == one] == [
            f"one {at}" for at in range(1300, 1500)
        ]
        assert [text for worker, text in said if worker == two][-2:] == [
            "  File x",
            "ValueError: no",
        ]
        assert (gone, "last words") in said
        times = [line["at"] for line in page["lines"]]
        assert times == sorted(times)


def test_one_worker_is_read_from_its_newest_line_back_to_its_first(
    home: Home, cloud: LocalCloud, cluster: str
) -> None:
    worker = wrote(home, cloud, cluster, *map(str, range(2500)))
    path, found = f"/clusters/{cluster}/logs?worker={worker}", []
    page: Any = home.owner.told("GET", path)
    found.append([int(line["text"]) for line in page["lines"]])
    while page["next_cursor"]:
        page = home.owner.told("GET", f"{path}&cursor={page['next_cursor']}")
        found.append([int(line["text"]) for line in page["lines"]])
    assert found[0] == [*range(1500, 2500)]
    assert [number for numbers in reversed(found) for number in numbers] == [*range(2500)]


def test_many_workers_are_read_some_at_a_time_and_those_that_run_come_first(
    home: Home, cloud: LocalCloud, cluster: str
) -> None:
    ended = [wrote(home, cloud, cluster, "gone", ended=True) for _ in range(3)]
    live = [wrote(home, cloud, cluster, "here") for _ in range(21)]
    first = home.owner.told("GET", f"/clusters/{cluster}/logs")
    assert {line["worker"] for line in first["lines"]} == {*live[1:]}
    rest = home.owner.told("GET", f"/clusters/{cluster}/logs?cursor={first['next_cursor']}")
    assert [line["worker"] for line in rest["lines"]][-1] == live[0]
    assert {line["worker"] for line in rest["lines"]} == {live[0], *ended}
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["x", "-1", "1e9", "9" * 30])
def test_a_strange_cursor_is_refused(home: Home, cluster: str, cursor: str) -> None:
    address = f"/clusters/{cluster}/logs?cursor={cursor}"
    assert home.owner.refused("GET", address) == (422, "bad_cursor")
