"""Starts the local cloud for tests: a process of its own, a free port, no deployment.

    with running(tmp_path) as cloud:
        ecs = cloud.client("ecs")

The process ends with the context, and with the test process if that is killed.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, cast

import boto3
import httpx
from botocore.config import Config

from localcloud import clock_command
from localcloud.batch.switches import Switches
from localcloud.files import write_json
from localcloud.settings import PROJECT_ROOT, REGION

START_SECONDS = 180.0
"""Longest wait for the launcher to say that it is ready. Meanwhile it deploys, and waits for others
that are packaging."""

STOP_SECONDS = 60.0
"""Longest wait for everything to end; a task may use its stop timeout."""

SUBSCRIBE_SECONDS = 90.0
"""Longest wait for a paid plan to hold."""

CARD = "4242 4242 4242 4242"
"""A test card that is always good."""


@dataclass
class LocalCloud:
    """A running local cloud."""

    process: subprocess.Popen[str]
    state_dir: Path
    endpoint: dict[str, Any]

    @property
    def app_origin(self) -> str:
        """Where the app is, such as http://localhost:43210."""
        return str(self.endpoint["app_origin"])

    @property
    def port(self) -> int:
        """The front door's port."""
        return int(self.endpoint["port"])

    @property
    def batch(self) -> Switches:
        """What goes wrong in Batch, and what runs there."""
        return Switches(self.port)

    def client(self, service: str) -> Any:
        """A boto3 client with the administrator's rights."""
        credentials = self.endpoint["credentials"]
        make_client: Any = boto3.client  # its type hints know services by literal names only
        return make_client(
            service,
            endpoint_url=self.endpoint["aws_endpoint_url"],
            region_name=self.endpoint["region"],
            aws_access_key_id=credentials["access_key_id"],
            aws_secret_access_key=credentials["secret_access_key"],
            config=Config(retries={"max_attempts": 1}),
        )

    def advance(self, seconds: int) -> list[str]:
        """Move the stand-in's clock ahead and wait for all that happens meanwhile; what was said.

        Raises RuntimeError if it did not come to its end.
        """
        said = list(clock_command.move(self.port, seconds))
        if said[-1:] != [clock_command.DONE]:
            raise RuntimeError(f"The clock was not moved:\n{said}")
        return said[:-1]

    def now(self) -> int:
        """The stand-in's clock, in seconds since 1970."""
        answer = httpx.get(f"http://127.0.0.1:{self.port}/_stand_in/clock")
        return int(answer.json()["now"])

    def leave_months_end(self, hours: int) -> None:
        """Move the clock into the next month if this one (UTC) has less than so many hours left."""
        now = datetime.fromtimestamp(self.now(), UTC)
        this_month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        next_month = (this_month + timedelta(days=32)).replace(day=1)
        if next_month - now < timedelta(hours=hours):
            self.advance(int((next_month - now).total_seconds()) + 3600)

    def kill(self) -> None:
        """End the launcher by SIGKILL, as a power cut would."""
        self.process.kill()
        self.process.communicate()

    def stop(self) -> str:
        """End it as Ctrl-C does and give what it said; raises if it does not end in time."""
        self.process.send_signal(signal.SIGINT)
        output, _ = self.process.communicate(timeout=STOP_SECONDS)
        return output


@contextmanager
def running(
    state_dir: Path,
    *,
    deploy: bool = False,
    port: int = 0,
    images: dict[str, dict[str, Any]] | None = None,
    region: str = REGION,
) -> Iterator[LocalCloud]:
    """A local cloud with its state in `state_dir`; `images` as in `images.Images.extended`."""
    cloud = start(state_dir, deploy=deploy, port=port, images=images, region=region)
    try:
        yield cloud
        cloud.stop()
    finally:
        cloud.kill()


def start(
    state_dir: Path,
    *,
    deploy: bool = False,
    port: int = 0,
    images: dict[str, dict[str, Any]] | None = None,
    region: str = REGION,
) -> LocalCloud:
    """Start a local cloud and wait until it is ready; the caller stops it."""
    arguments = [] if deploy else ["--no-deploy"]
    if images:
        write_json(state_dir / "images.json", images)
        arguments += ["--images", str(state_dir / "images.json")]
    process = subprocess.Popen(
        [sys.executable, "-m", "localcloud", "--parent", str(os.getpid()), *arguments],
        cwd=PROJECT_ROOT,
        env=os.environ
        | {"PORT": str(port), "STATE_DIR": str(state_dir), "LOCALCLOUD_REGION": region},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    _wait_until_ready(process)
    endpoint = json.loads((state_dir / "endpoint.json").read_text())
    return LocalCloud(process, state_dir, endpoint)


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    said = []
    patience = threading.Timer(START_SECONDS, process.kill)
    patience.start()
    try:
        for line in cast(IO[str], process.stdout):
            said.append(line)
            if " is ready at " in line:
                return
    finally:
        patience.cancel()
    process.communicate()
    raise RuntimeError(f"The local cloud did not start:\n{''.join(said)}")


def subscribe(http: httpx.Client, plan: str, card: str = CARD) -> None:
    """Put somebody who is signed in (`http`: their browser) on a plan, as they would: by Checkout.

    Returns once the plan holds. Raises `RuntimeError` if it does not.
    """
    answer = http.post("/api/billing/checkout", json={"plan": plan})
    answer.raise_for_status()
    paid = pay(answer.json()["url"], card)
    if paid.status_code != 303:
        raise RuntimeError(f"Checkout answered {paid.status_code}:\n{paid.text}")
    deadline = time.monotonic() + SUBSCRIBE_SECONDS
    while http.get("/api/me").json()["plan"] != plan:
        if time.monotonic() > deadline:
            raise RuntimeError(f"The plan {plan} was paid, and does not hold.")
        time.sleep(0.1)


def pay(url: str, card: str = CARD) -> httpx.Response:
    """Fill in a card on a page of the stand-in for Stripe: a Checkout page, or an open invoice.

    303 if it was paid.
    """
    form = {"number": card, "expiry": "12/99", "cvc": "123", "name": "A Person"}
    return httpx.post(url, data=form, timeout=30)
