"""What every container gets to know, whatever runs it."""

from collections.abc import Mapping
from pathlib import Path

from localcloud.api_model import Record
from localcloud.containers.process import StartError
from localcloud.containers.strays import MARK
from localcloud.images import ImageNotFoundError, Images
from localcloud.settings import way_out


def base_environment(images: Images, reference: str) -> dict[str, str]:
    """What the machine and the image give; raises StartError if there is no such image here."""
    try:
        image = images.find(reference)
    except ImageNotFoundError as error:
        raise StartError(str(error)) from error
    return way_out() | image.base_environment()


def platform_environment(region: str, holder: str, address: str, home: Path) -> dict[str, str]:
    """What the platform sets; holder: the id of the task or job; address: the one to bind."""
    return {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "BIND_ADDRESS": address,
        "HOME": str(home),
        MARK: holder,
    }


def variables(source: Mapping[str, list[Record]]) -> dict[str, str]:
    """The environment of a container's definition or override."""
    return {each["name"]: each.get("value", "") for each in source.get("environment", [])}
