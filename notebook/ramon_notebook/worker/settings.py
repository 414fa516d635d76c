"""What the job was told, and how it is handed from one interpreter to the next."""

from __future__ import annotations

import json
import os
from collections.abc import MutableMapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ramon_notebook.settings import SettingsError


@dataclass(frozen=True)
class Settings:
    """The settings of one worker.

    api_url: base of the service's API. worker_token: secret, good for this worker's calls.
    memory_bytes: memory of the container. job_id: what Batch calls this job.
    home: the home folder; tasks work in `work` below it.
    """

    api_url: str
    worker_token: str = field(repr=False)
    memory_bytes: int
    job_id: str
    home: Path

    @property
    def work(self) -> Path:
        """The twin of the notebook's workspace, with its modules alone: where tasks work."""
        return self.home / "work"

    @property
    def code(self) -> Path:
        """The versions of the notebook's modules, each in a folder of its own."""
        return self.home / ".ramon" / "code"

    @property
    def overlay(self) -> Path:
        """The environment with the packages that the notebook added."""
        return self.home / ".ramon" / "worker-env"

    @property
    def scratch(self) -> Path:
        """Where Dask puts what does not fit into memory."""
        return self.home / ".ramon" / "dask"

    @classmethod
    def take_from(cls, environ: MutableMapping[str, str]) -> Settings:
        """Read the settings and remove them, so that no child inherits a secret.

        Raises SettingsError naming every variable that is missing or unusable.
        """
        values = {name: environ.get(name, "") for name in _REQUIRED}
        missing = [name for name, value in values.items() if not value]
        if missing:
            raise SettingsError(f"Missing in the environment: {', '.join(missing)}.")
        memory = values["RAMON_MEMORY_BYTES"]
        if not memory.isdecimal():
            raise SettingsError(f"RAMON_MEMORY_BYTES must be a number, not {memory!r}.")
        for name in [name for name in environ if name.startswith("RAMON_")]:
            del environ[name]
        return cls(
            api_url=values["RAMON_API_URL"].rstrip("/"),
            worker_token=values["RAMON_WORKER_TOKEN"],
            memory_bytes=int(memory),
            job_id=values["AWS_BATCH_JOB_ID"],
            home=Path(values["HOME"]),
        )


_REQUIRED = (
    "RAMON_API_URL",
    "RAMON_WORKER_TOKEN",
    "RAMON_MEMORY_BYTES",
    "AWS_BATCH_JOB_ID",
    "HOME",
)


def hand_over(settings: Settings, prepared: dict[str, Any] | None = None) -> int:
    """A descriptor that the next interpreter inherits, to `receive` what is given here.

    Arguments and variables could be read in /proc by the tasks that run beside.
    """
    descriptor = os.memfd_create("settings", 0)  # 0: it stays open
    values = {**asdict(settings), "home": str(settings.home)}
    os.write(descriptor, json.dumps({"settings": values, "prepared": prepared}).encode())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def receive(descriptor: int) -> tuple[Settings, dict[str, Any] | None]:
    """What was handed over: the settings, and what the interpreter before has prepared."""
    with os.fdopen(descriptor, "rb") as file:
        values = json.load(file)
    home = Path(values["settings"].pop("home"))
    return Settings(**values["settings"], home=home), values["prepared"]
