"""What a task's container gets to run with: environment, directories, command."""

from dataclasses import dataclass
from pathlib import Path

from localcloud.api_model import Record
from localcloud.containers.environment import base_environment, platform_environment, variables
from localcloud.containers.process import ContainerSpec, StartError
from localcloud.ecs.records import DEFAULT_STOP_TIMEOUT
from localcloud.ecs.store import Task
from localcloud.images import Images


@dataclass(frozen=True)
class Places:
    """Where tasks live: `tasks/<id>` while they run, `logs/<id>-<container>.log` for longer."""

    tasks: Path
    logs: Path

    def of(self, task: Task) -> Path:
        """The directory of one task."""
        return self.tasks / task.id

    def log(self, task: Task, container: str) -> Path:
        """The file with a container's output."""
        return self.logs / f"{task.id}-{container}.log"


class ContainerSpecs:
    """Makes the specification of each container of a task."""

    def __init__(self, places: Places, images: Images, region: str) -> None:
        self._places = places
        self._images = images
        self._region = region

    def of(self, task: Task, granted: dict[str, str]) -> list[ContainerSpec]:
        """One spec a container; `granted` is what gives the task its role's credentials.

        Raises StartError for an image that is not on this machine.
        """
        home = self._places.of(task) / "home"
        home.mkdir(parents=True, mode=0o700)
        self._places.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        overrides = task.record["overrides"]["containerOverrides"]
        definitions = task.definition["containerDefinitions"]
        return [
            self._spec(task, definition, override, home, granted)
            for definition, override in zip(definitions, overrides, strict=True)
        ]

    def _spec(
        self,
        task: Task,
        definition: Record,
        override: Record,
        home: Path,
        granted: dict[str, str],
    ) -> ContainerSpec:
        environment = {
            **base_environment(self._images, definition["image"]),
            **variables(definition),
            **variables(override),
            **platform_environment(self._region, task.id, task.address or "", home),
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
            **granted,
        }
        return ContainerSpec(
            name=definition["name"],
            command=_command(definition, override),
            environment=environment,
            working_directory=Path(definition.get("workingDirectory", home)),
            directory=self._places.of(task),
            log=self._places.log(task, definition["name"]),
            stop_timeout=definition.get("stopTimeout", DEFAULT_STOP_TIMEOUT),
        )


def ports(definition: Record) -> list[int]:
    """The container ports of a task definition."""
    return [
        mapping["containerPort"]
        for container in definition["containerDefinitions"]
        for mapping in container.get("portMappings", [])
        if "containerPort" in mapping
    ]


def _command(definition: Record, override: Record) -> list[str]:
    command = override.get("command") or definition.get("command") or []
    full: list[str] = [*definition.get("entryPoint", []), *command]
    if not full:
        raise StartError(f"CannotStartContainerError: no command for {definition['name']}")
    return full
