"""The client of `localcloud.batch.control`, for tests and the command line."""

import http.client
import json
from dataclasses import dataclass
from typing import Any

PATH = "/_stand_in/batch"


class SwitchRefused(RuntimeError):
    """The local cloud did not take an order; the message says why."""


@dataclass(frozen=True)
class Switches:
    """What goes wrong in the Batch of the local cloud at a port, and what runs there."""

    port: int

    def no_capacity(self, *types: str) -> None:
        """EC2 has no hosts of these types (EC2, SPOT; none named: both); jobs stay RUNNABLE."""
        self._order({"set": {"no_capacity": list(types or ("EC2", "SPOT"))}})

    def capacity(self) -> None:
        """EC2 has hosts again."""
        self._order({"set": {"no_capacity": []}})

    def slow_start(self, seconds: float) -> None:
        """Hosts take so long to come up; the job stays RUNNABLE meanwhile."""
        self._order({"set": {"slow_start": seconds}})

    def slow_changes(self, seconds: float) -> None:
        """Environments and queues take so much longer for being made, changed and deleted."""
        self._order({"set": {"slow_changes": seconds}})

    def quota(self, **most: int) -> None:
        """How many `environments`, `queues` and `vcpus` the account may have."""
        self._order({"set": most})

    def lose_spot(self, *names: str) -> list[str]:
        """Take away the hosts of jobs (ids) or of all jobs in compute environments (names).

        Gives the ids of the jobs that lost theirs.
        """
        return [str(job_id) for job_id in self._order({"lose": list(names)})["lost"]]

    def reset(self) -> None:
        """Put every switch back."""
        self._order({"reset": True})

    def faults(self) -> dict[str, Any]:
        """The switches as they are."""
        faults: dict[str, Any] = self._request("GET")["faults"]
        return faults

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs: id, name, queue, status, reason and attempt of each.

        While it has a host, also environment, instance, address, and the `pid` of its command.
        """
        jobs: list[dict[str, Any]] = self._request("GET")["jobs"]
        return jobs

    def job(self, reference: str) -> dict[str, Any]:
        """The newest job of that id or name, as in `jobs`; raises LookupError."""
        found = [job for job in self.jobs() if reference in (job["id"], job["name"])]
        if not found:
            raise LookupError(f"There is no job {reference}.")
        return found[-1]

    def pid(self, reference: str) -> int:
        """The process of a running job of that id or name; raises LookupError."""
        pid = self.job(reference)["pid"]
        if pid is None:
            raise LookupError(f"No process of {reference} runs.")
        return int(pid)

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        return self._request("POST", json.dumps(order))

    def _request(self, method: str, body: str | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            connection.request(method, PATH, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise SwitchRefused(answer["error"])
        return answer
