import os
from pathlib import Path
from typing import Any

import pytest

from localcloud.testing import LocalCloud
from tests.unit.localcloud.tasks import NETWORK, WAIT_FOREVER, Tasks
from tests.unit.localcloud.waiting import eventually


class Service:
    """A service with a cluster of its own."""

    def __init__(self, tasks: Tasks, definition: str, count: int = 1) -> None:
        self.tasks = tasks
        tasks.ecs.create_service(
            cluster=tasks.cluster,
            serviceName="web",
            taskDefinition=definition,
            desiredCount=count,
            launchType="FARGATE",
            networkConfiguration=NETWORK,
        )

    def describe(self) -> dict[str, Any]:
        answer = self.tasks.ecs.describe_services(cluster=self.tasks.cluster, services=["web"])
        service: dict[str, Any] = answer["services"][0]
        return service

    def running(self) -> list[str]:
        """ARNs of the tasks, once as many run as are desired and none is on its way."""

        def settled() -> bool:
            service = self.describe()
            counts = service["runningCount"], service["pendingCount"]
            return counts == (service["desiredCount"], 0)

        eventually(settled)
        answer = self.tasks.ecs.list_tasks(cluster=self.tasks.cluster, serviceName="web")
        return sorted(answer["taskArns"])

    def update(self, **change: Any) -> None:
        self.tasks.ecs.update_service(cluster=self.tasks.cluster, service="web", **change)

    def delete(self) -> None:
        self.tasks.ecs.delete_service(cluster=self.tasks.cluster, service="web", force=True)


@pytest.fixture
def tasks(cloud: LocalCloud, request: pytest.FixtureRequest) -> Tasks:
    return Tasks(cloud, f"service-{abs(hash(request.node.name)) % 10**6}")


def test_a_service_keeps_the_desired_number_of_tasks(tasks: Tasks) -> None:
    service = Service(tasks, tasks.define(WAIT_FOREVER), count=2)
    assert len(service.running()) == 2
    service.update(desiredCount=1)
    eventually(lambda: len(service.running()) == 1)
    service.update(desiredCount=3)
    assert len(service.running()) == 3
    service.delete()
    eventually(lambda: service.describe()["status"] == "INACTIVE")


def test_a_killed_task_is_replaced_and_the_service_says_why(tasks: Tasks, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    program = f"import os; open({str(file)!r}, 'w').write(str(os.getpid()))\n{WAIT_FOREVER}"
    service = Service(tasks, tasks.define(program))
    first = service.running()
    pid = int(eventually(lambda: file.exists() and file.read_text()))
    os.kill(pid, 9)
    eventually(lambda: service.running() not in ([], first))
    assert "stopped" in service.describe()["events"][0]["message"]
    service.delete()


def test_a_new_definition_replaces_the_tasks_once_the_new_ones_run(tasks: Tasks) -> None:
    service = Service(tasks, tasks.define(WAIT_FOREVER))
    (old,) = service.running()
    new = tasks.define(f"pass\n{WAIT_FOREVER}")
    service.update(taskDefinition=new)
    eventually(lambda: service.running() != [old] and len(service.running()) == 1)
    assert tasks.describe(service.running()[0])["taskDefinitionArn"] == new
    stopped = tasks.wait_for(old, "STOPPED")
    assert stopped["stopCode"] == "ServiceSchedulerInitiated"
    assert service.describe()["deployments"][0]["rolloutState"] == "COMPLETED"
    service.delete()


def test_a_task_that_keeps_dying_is_restarted_ever_more_slowly(tasks: Tasks) -> None:
    service = Service(tasks, tasks.define("raise SystemExit(1)"))

    def ended() -> list[str]:
        answer = tasks.ecs.list_tasks(
            cluster=tasks.cluster, serviceName="web", desiredStatus="STOPPED"
        )
        return list(answer["taskArns"])

    eventually(lambda: len(ended()) >= 3)
    stopped = tasks.ecs.describe_tasks(cluster=tasks.cluster, tasks=ended())["tasks"]
    starts = sorted(task["createdAt"] for task in stopped)
    assert (starts[2] - starts[1]).total_seconds() >= 1
    service.delete()
