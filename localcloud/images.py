"""Container images, as local directories: what a task finds on its PATH and in its environment.

There is no container runtime here. An image is known by its repository name, the last part of a
reference: `123.dkr.ecr.eu-west-1.amazonaws.com/ramon/notebook:1.2` and `ramon/notebook` are the
same image `notebook`.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")
"""Where an image's programs find the system's own ones."""


class ImageNotFoundError(LookupError):
    """No image of that name can be run here; the message is for the task's stoppedReason."""


@dataclass(frozen=True)
class Image:
    """A local stand-in for an image: directories put first on PATH, and its own environment."""

    path: tuple[Path, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def base_environment(self) -> dict[str, str]:
        """The environment before the task definition's and the overrides."""
        path = [*map(str, self.path), *SYSTEM_PATH]
        return {"PATH": os.pathsep.join(path), "LANG": "C.UTF-8"} | dict(self.environment)


class Images:
    """The images that can be run, by repository name."""

    def __init__(self, images: Mapping[str, Image]) -> None:
        self._images = images

    def find(self, reference: str) -> Image:
        """The image of a reference; raises ImageNotFoundError."""
        image = self._images.get(repository(reference))
        if image is None:
            known = ", ".join(sorted(self._images))
            raise ImageNotFoundError(
                f"CannotPullContainerError: {reference} is not an image of this machine ({known})"
            )
        return image

    def extended(self, file: Path) -> "Images":
        """These images and those of a JSON file `{name: {"path": [...], "environment": {}}}`."""
        more = {
            name: Image(tuple(map(Path, spec["path"])), spec.get("environment", {}))
            for name, spec in json.loads(file.read_text()).items()
        }
        return Images({**self._images, **more})


def repository(reference: str) -> str:
    """The last path part of an image reference, without tag and digest."""
    last = reference.rpartition("/")[2]
    return last.partition("@")[0].partition(":")[0]


def project_images(root: Path) -> Images:
    """The images built from this project, as `make setup` lays them out."""
    return Images(
        {
            "notebook": Image((root / ".venv/notebook/bin",)),
            "gateway": Image((root / "gateway/bin", *_node_directory(root))),
        }
    )


def _node_directory(root: Path) -> tuple[Path, ...]:
    own = str(root / ".venv/bin")
    node = shutil.which("node", path=os.pathsep.join([own, os.environ.get("PATH", "")]))
    return (Path(node).parent,) if node else ()
