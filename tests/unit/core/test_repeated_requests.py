"""What AWS is asked to do, it does once, whether or not its answer arrives."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.clusters import batch, environments
from chalicelib.clusters.states import PoolKind
from chalicelib.core import step_functions
from chalicelib.notebooks import fargate
from chalicelib.plans import catalogue
from tests.lost_answers import Error, Wire

Asked = dict[str, Any]


class Aws:
    """Services as far as the service asks them to begin something."""

    def __init__(self, wire: Wire) -> None:
        self.begun: list[str] = []
        wire.others |= {
            "StartExecution": self._by("name", "ExecutionAlreadyExists"),
            "RunTask": self._run_task,
            "/v1/submitjob": self._submit_job,
            "/v1/createcomputeenvironment": self._by("computeEnvironmentName", "ClientException"),
            "/v1/createjobqueue": self._by("jobQueueName", "ClientException"),
        }

    def _by(self, key: str, code: str) -> Callable[[Asked], Asked]:
        """Something has one name, and is not made twice."""

        def make(asked: Asked) -> Asked:
            if asked[key] in self.begun:
                raise Error(code, "Object already exists")
            self.begun.append(asked[key])
            return {}

        return make

    def _run_task(self, asked: Asked) -> Asked:
        """Asked again with the same client token, tells of the task that it began."""
        if asked["clientToken"] not in self.begun:
            self.begun.append(asked["clientToken"])
        return {"tasks": [{"taskArn": f"arn:task/{asked['clientToken']}"}], "failures": []}

    def _submit_job(self, asked: Asked) -> Asked:
        """Asked again, begins another."""
        self.begun.append(asked["jobName"])
        return {"jobId": f"job-{len(self.begun)}", "jobName": asked["jobName"]}


def an_execution() -> None:
    step_functions.begin("arn:machine", "srv_1-stop", {"server_id": "srv_1"})


def a_task() -> object:
    size = catalogue.size("small")
    return fargate.launch(fargate.Launch("srv_1", "nb_1", "acc_1", size, 21, {"A": "b"}))


def an_environment() -> None:
    environments.make_environment("ramon-pool", "acc_1", PoolKind.SPOT)


def a_queue() -> None:
    environments.make_queue("ramon-pool", "acc_1")


def a_job() -> object:
    return batch.submit(batch.Order("wk_1", "cl_1", "acc_1", "queue", 1, 2, 0, {"A": "b"}))


@pytest.mark.parametrize("begin", [an_execution, a_task, an_environment, a_queue])
def test_it_begins_once_and_botocores_repetition_finds_it(
    wire: Wire, begin: Callable[[], object]
) -> None:
    there = Aws(wire)
    undisturbed = begin()
    there.begun.clear()
    wire.lose(0)

    assert begin() == undisturbed

    assert wire.lost == 1
    assert len(wire.done) == 3
    assert len(there.begun) == 1


def test_a_job_is_submitted_once_and_whoever_hears_no_answer_must_look_for_it(wire: Wire) -> None:
    there = Aws(wire)
    wire.lose(0)

    with pytest.raises(ReadTimeoutError):
        a_job()

    assert there.begun == ["wk_1"]
