"""The launcher's settings: the only place here that reads the environment and the command line."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
"""Where the project's folders (`frontend/`, `gateway/`, `.venv/`) are."""

DEFAULT_PORT = 8000
"""The front door, where PORT doesn't say otherwise."""

REGION = os.environ.get("LOCALCLOUD_REGION", "us-east-1")
"""The one region of the stand-in. It is written into the state: another one needs another
STATE_DIR."""

ACCOUNT = "000000000000"
"""The one AWS account of the stand-in."""


LIVE_KEYS = ("sk_live", "rk_live")
"""How Stripe's keys begin that move real money."""


@dataclass(frozen=True)
class Settings:
    """How the launcher was asked to run."""

    port: int
    """The front door's port on 127.0.0.1; 0 takes a free one."""

    state_dir: Path
    """Where everything that lasts is kept."""

    deploy: bool
    """Whether to deploy the project's stack."""

    parent: int | None
    """A process with which the launcher ends, as tests want it."""

    images: Path | None
    """A JSON file with more images, see `images.Images.extended`."""

    @property
    def logs(self) -> Path:
        """Where log files go."""
        return self.state_dir / "logs"


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message says what to do."""


def read(arguments: list[str] | None = None) -> Settings:
    """Settings from PORT, STATE_DIR and the command line; raises SettingsError."""
    parser = argparse.ArgumentParser(prog="python -m localcloud", description=__doc__)
    parser.add_argument("--no-deploy", action="store_true", help="leave the stack as it is")
    parser.add_argument("--parent", type=int, help="end when this process has ended")
    parser.add_argument("--images", type=Path, help="JSON file with more container images")
    options = parser.parse_args(arguments)
    _refuse_live_key()
    return Settings(
        port=_port(os.environ.get("PORT", str(DEFAULT_PORT))),
        state_dir=state_directory(),
        deploy=not options.no_deploy,
        parent=options.parent,
        images=options.images,
    )


def state_directory() -> Path:
    """Where everything that lasts is kept, by STATE_DIR."""
    return Path(os.environ.get("STATE_DIR", ".local")).resolve()


def _refuse_live_key() -> None:
    if os.environ.get("STRIPE_API_KEY", "").startswith(LIVE_KEYS):
        raise SettingsError(
            "STRIPE_API_KEY in your environment is a live key, which moves real money."
            "\nThe local cloud brings its own stand-in for Stripe: unset STRIPE_API_KEY."
        )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise SettingsError(f"PORT must be a number from 0 to 65535, not {text!r}.")
    return int(text)


WAY_OUT = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
)
"""How programs of this machine reach the internet: proxies, certificates, package indexes."""


LOOPBACK = "localhost,127.0.0.1,127.0.0.0/8"
"""What no proxy is asked for; some programs do not know networks, so one address is named."""


def way_out() -> dict[str, str]:
    """The person's own settings that a function or a task needs to reach the internet."""
    found = {name: os.environ[name] for name in WAY_OUT if name in os.environ}
    return found | {"NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK}
