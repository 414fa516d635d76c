"""Kills parts of clusters at random moments, and looks whether anything is left over.

The same seed makes the same choices; what happens in between is real, so no two runs are alike.
"""

import logging
import random
import time
from dataclasses import dataclass, field

from localcloud.testing import LocalCloud
from tests.cloud.clusters.rigs import doctor
from tests.jupyter import Kernel
from tests.people import NotebookOf, Person, Visit
from tests.processes import Process, below
from tests.support import eventually

log = logging.getLogger(__name__)

VICTIMS = {"worker": 6, "kernel": 2, "scheduler": 2, "agent": 1}
"""What is killed how often."""
ORDERS = {"nothing": 4, "scale": 3, "close": 1, "stop": 1}
"""What the owner does at about the same moment."""
CLEAN_SECONDS = 300
"""How long the service may take to clear up after a kill: a lease, a sweep, and a stop."""

_START = """
import time, ramon
cluster = ramon.Cluster(name={name!r}, n_workers={workers}, cpu=1, memory="1 GiB",
                        detached={detached}, wait_for_workers=False)
work = [cluster.submit(time.sleep, 0.05) for _ in range(40)]
"""


@dataclass
class Chaos:
    """A person with one notebook in a cloud, and bad luck."""

    cloud: LocalCloud
    person: Person
    seed: int
    story: list[tuple[str, str]] = field(default_factory=list)
    """What was ordered and what was killed, one after the other."""

    def __post_init__(self) -> None:
        self._luck = random.Random(self.seed)  # noqa: S311  choices, not secrets
        self._notebook: NotebookOf = self.person.create(f"Chaos {self.seed}")
        self._visit: Visit | None = None
        self._kernel: Kernel | None = None
        self._names = 0

    def kill(self, kills: int) -> None:
        """Kill so many times; each time, whatever is left over must be gone in time."""
        for _ in range(kills):
            self._ensure_cluster()
            time.sleep(self._luck.uniform(0, 4))
            self.story.append((self._give(self._chosen(ORDERS)), self._strike()))
            self.expect_no_orphan()
            log.info("%d: order %s, killed %s", len(self.story), *self.story[-1])

    def end(self) -> None:
        """Stop everything, and look whether anything is left over."""
        for cluster in self._live_clusters():
            self.person.ask("POST", f"/clusters/{cluster['id']}/stop")
        eventually(lambda: not self._live_clusters(), within=CLEAN_SECONDS, every=1)
        if self._notebook.now["state"] == "running":
            self._notebook.stop()
        self.expect_no_orphan()
        assert [p for p in self._processes() if p.kind in ("worker", "scheduler")] == []

    def expect_no_orphan(self) -> None:
        """Ask the doctor until nothing is found. Fails with what it finds after too long."""
        deadline = time.monotonic() + CLEAN_SECONDS
        while found := doctor(self.cloud, patience=1):
            assert time.monotonic() < deadline, f"{self.seed}, {self.story[-5:]}:\n{found}"
            time.sleep(2)

    def _chosen(self, weights: dict[str, int]) -> str:
        return self._luck.choices(list(weights), list(weights.values()))[0]

    def _ensure_cluster(self) -> None:
        state = self._notebook.until("running", "stopped", "failed", within=CLEAN_SECONDS)["state"]
        if state != "running":
            self._visit = self._kernel = None
            self._notebook.start()
        if self._visit is None:
            self._visit = self._notebook.enter()
        if self._kernel is None:
            self._kernel = Kernel.of_file(self._visit, f"kernel-{self._names}.ipynb")
        if len(self._live_clusters()) < 2:
            self._names += 1
            code = _START.format(
                name=f"c{self._names}",
                workers=self._luck.randint(0, 3),
                detached=self._luck.random() < 0.5,
            )
            self._kernel.run(code, wait=False)

    def _give(self, order: str) -> str:
        """What the owner did in fact."""
        clusters = self._live_clusters()
        if not clusters or order == "nothing" or self._kernel is None:
            return "nothing"
        if order == "stop":
            self.person.ask("POST", f"/clusters/{self._luck.choice(clusters)['id']}/stop")
        elif order == "close":
            self._kernel.run("cluster.close()", wait=False)
        else:
            self._kernel.run(f"cluster.scale({self._luck.randint(0, 4)})", wait=False)
        return order

    def _strike(self) -> str:
        """Kill a process of a kind that there is now, and say which kind."""
        there = self._processes()
        kind = self._chosen({k: VICTIMS[k] for k in VICTIMS if k in {p.kind for p in there}})
        self._luck.choice([process for process in there if process.kind == kind]).kill()
        if kind == "kernel":
            self._kernel = None
        if kind == "agent":
            self._visit = self._kernel = None
        return kind

    def _processes(self) -> list[Process]:
        found = below(self.cloud.process.pid)
        return [process for process in found if process.kind in VICTIMS]

    def _live_clusters(self) -> list[dict[str, str]]:
        answer = self.person.ask("GET", "/clusters", params={"state": "live"})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, str]] = answer.json()["items"]
        return found
