"""Puts the parts of ECS together."""

import functools
from pathlib import Path

from localcloud.ecs import clusters, tags, task_definitions
from localcloud.ecs.engine import Credentials, Emit, Engine, Surroundings
from localcloud.ecs.environment import ContainerSpecs, Places
from localcloud.ecs.names import Names
from localcloud.ecs.scheduler import Scheduler
from localcloud.ecs.services import ServiceOperations
from localcloud.ecs.store import Store
from localcloud.ecs.tasks import TaskOperations
from localcloud.ecs.wire import Wire
from localcloud.images import Images


class Ecs:
    """The service: `wire` answers requests, `start` and `stop` frame its life."""

    def __init__(
        self, directory: Path, names: Names, images: Images, emit: Emit, credentials: Credentials
    ) -> None:
        places = Places(directory / "tasks", directory / "logs" / "tasks")
        specs = ContainerSpecs(places, images, names.region)
        self.store = Store(directory / "ecs", names)
        self.store.load()
        self.engine = Engine(self.store, Surroundings(specs, places, emit, credentials))
        task_operations = TaskOperations(self.store, self.engine)
        self.scheduler = Scheduler(self.store, self.engine, task_operations.start)
        service_operations = ServiceOperations(self.store, self.scheduler)
        self.wire = Wire(
            {
                "CreateCluster": functools.partial(clusters.create, self.store),
                "DescribeClusters": functools.partial(clusters.describe, self.store),
                "ListClusters": functools.partial(clusters.list_, self.store),
                "DeleteCluster": functools.partial(clusters.delete, self.store),
                "RegisterTaskDefinition": functools.partial(task_definitions.register, self.store),
                "DescribeTaskDefinition": functools.partial(task_definitions.describe, self.store),
                "ListTaskDefinitions": functools.partial(task_definitions.list_, self.store),
                "DeregisterTaskDefinition": functools.partial(
                    task_definitions.deregister, self.store
                ),
                "RunTask": task_operations.run,
                "StopTask": task_operations.stop,
                "DescribeTasks": task_operations.describe,
                "ListTasks": task_operations.list_,
                "CreateService": service_operations.create,
                "UpdateService": service_operations.update,
                "DescribeServices": service_operations.describe,
                "ListServices": service_operations.list_,
                "DeleteService": service_operations.delete,
                "TagResource": functools.partial(tags.tag, self.store),
                "UntagResource": functools.partial(tags.untag, self.store),
                "ListTagsForResource": functools.partial(tags.list_, self.store),
            }
        )

    async def start(self) -> None:
        """Settle what an earlier launcher left and run the services again."""
        await self.engine.recover()
        self.scheduler.resume()

    async def stop(self) -> None:
        """Stop every task and wait until all are STOPPED; services stay as they are."""
        self.scheduler.close()
        await self.engine.stop_all("The local cloud is shutting down.")
