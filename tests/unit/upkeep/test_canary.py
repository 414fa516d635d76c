"""The canary finds out whether the service hears those who report to it."""

import pytest

from chalicelib.clusters import lifecycle as clusters_lifecycle
from chalicelib.clusters import service as clusters
from chalicelib.clusters.agent_schemas import ClusterReport
from chalicelib.core import hearing
from chalicelib.notebooks import agent
from chalicelib.notebooks import canary as canary_notebook
from chalicelib.notebooks import jobs as notebook_jobs
from chalicelib.notebooks.models import Notebook, Server
from chalicelib.upkeep import canary, jobs
from tests.unit.notebooks.world import World


class Line:
    """The way from the canary to the API: in this process, and cut when a test says so."""

    def __init__(self, world: World) -> None:
        self.broken: set[str] = set()
        world.patch.setattr(canary, "_post", self.post)

    def post(self, path: str, body: dict[str, object], token: str) -> None:
        if any(path.endswith(part) for part in self.broken):
            raise canary.NotHeard(path)
        principal = agent.recognise({"authorization": f"Bearer {token}"})
        assert principal is not None
        server = principal.server
        if path == "/agent/heartbeat":
            beat = body["memory_bytes"]
            assert isinstance(beat, int)
            server.update([Server.memory_bytes.set(beat)])
        else:
            cluster_id = path.split("/")[3]
            found = clusters.of_notebook(server.notebook_id, cluster_id)
            clusters.report(found, ClusterReport([], clients=0, active=False))


def test_the_canary_is_heard_as_long_as_both_its_reports_arrive(world: World) -> None:
    line = Line(world)
    canary.check()
    first = hearing.now().since
    world.passes(minutes=1, is_heard=False)
    canary.check()
    assert hearing.now().since == first == int(world.now.timestamp()) - 60

    for part in ("/heartbeat", "/report"):
        line.broken = {part}
        world.passes(minutes=1, is_heard=False)
        canary.check()
        world.passes(minutes=1, is_heard=False)
        canary.check()
        assert hearing.now().since is None
        line.broken = set()
        canary.check()
        assert hearing.now().since == int(world.now.timestamp())


def test_an_api_that_answers_without_writing_is_not_heard(world: World) -> None:
    world.patch.setattr(canary, "_post", lambda *_: None)

    canary.check()

    assert hearing.now().since is None


def test_no_sweep_finds_the_canary(world: World, caplog: pytest.LogCaptureFixture) -> None:
    Line(world)
    canary.check()
    world.passes(days=40)

    for sweep in (
        notebook_jobs.idle_sweep,
        notebook_jobs.lease_reaper,
        notebook_jobs.reconcile,
        notebook_jobs.purge_sweep,
        jobs.sweep_contents,
        jobs.sample_storage,
    ):
        sweep()

    rows = list(Notebook.by_account.query(canary_notebook.ACCOUNT_ID))
    assert [row.state for row in rows] == ["running"]
    assert list(clusters_lifecycle.live()) == []
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
