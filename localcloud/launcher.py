"""Starts everything, says what it does, and ends everything it started."""

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from localcloud import settings as settings_module
from localcloud.aws import environment
from localcloud.progress import complain, say, step
from localcloud.settings import PROJECT_ROOT, REGION, Settings, SettingsError
from localcloud.state import Endpoint, StateInUseError, StateLock
from localcloud.state_version import OtherStateError, StateVersion

PARENT_SECONDS = 1.0
"""How often to look whether the process that we belong to still lives."""

SAME_CTRL_C_SECONDS = 0.5
"""A second Ctrl-C within this time is the first one, told twice: by the terminal and by `make`."""

if TYPE_CHECKING:
    from localcloud.cloud import Cloud

NOTICE = (
    "This local cloud is for one person's own machine: it listens on loopback only,"
    " and notebooks run as you."
)

logger = logging.getLogger(__name__)


class StartError(RuntimeError):
    """The launcher cannot start; the message says what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Run until Ctrl-C or SIGTERM; returns the exit status."""
    try:
        settings = settings_module.read(arguments)
        version = StateVersion(settings.state_dir)
        version.check()
        lock = StateLock(settings.state_dir)
        front = _listen(settings.port)
        version.begin()
    except (SettingsError, OtherStateError, StateInUseError, StartError) as error:
        complain(str(error))
        return 1
    _log_to_file(settings)
    say(NOTICE)
    status = uvloop.run(Launcher(settings, front, version).run())
    del lock
    sys.stdout.flush()
    os._exit(status)  # ministack's daemon threads have nothing left to say


class Launcher:
    """One run of the local cloud."""

    def __init__(self, settings: Settings, front: socket.socket, version: StateVersion) -> None:
        self._settings = settings
        self._version = version
        self._front = front
        self._port: int = front.getsockname()[1]
        self._endpoint = Endpoint(settings.state_dir)
        self._stop = asyncio.Event()
        self._asked_by: dict[int, float] = {}
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith("AWS_")
        }

    @property
    def origin(self) -> str:
        """Where the app is."""
        return f"http://localhost:{self._port}"

    async def run(self) -> int:
        """Start, wait for the signal to stop, stop; returns the exit status."""
        self._watch_signals()
        watching = asyncio.create_task(self._watch_parent())
        with step("Starting the AWS stand-in"):
            self._cloud = self._make_cloud()
            await self._cloud.start_aws()
        with step("Opening the front door"):
            await self._cloud.open_front_door(self._front)
        self._publish_endpoint()
        deployed = await self._deploy() if self._settings.deploy else True
        if deployed:
            say(f"Ramon's Notebooks is ready at {self.origin}")
            await self._stop.wait()
        with step("Stopping notebooks, saving and ending everything"):
            await self._shut_down()
        watching.cancel()
        say("Nothing is left running.")
        return 0 if deployed else 1

    def _make_cloud(self) -> "Cloud":
        directory = self._settings.state_dir / "aws"
        sock = _listen_as_before(directory / "port")
        environment.configure(
            port=sock.getsockname()[1],
            persisted=directory / "ministack",
            objects=directory / "objects",
        )
        from localcloud.cloud import Cloud  # noqa: PLC0415 - reads the environment

        return Cloud(self._settings, sock, self._port)

    def _publish_endpoint(self) -> None:
        admin = self._cloud.aws.administrator
        self._endpoint.write(
            {
                "app_origin": self.origin,
                "aws_endpoint_url": self._cloud.aws.endpoint_url,
                "port": self._port,
                "pid": os.getpid(),
                "region": REGION,
                "credentials": {
                    "access_key_id": admin.access_key_id,
                    "secret_access_key": admin.secret_access_key,
                },
            }
        )

    async def _deploy(self) -> bool:
        """Run the deploy program; returns whether it succeeded and we should go on."""
        say("Deploying the stack …")
        aws = self._cloud.aws
        variables = self._environment | aws.administrator.environment(aws.endpoint_url)
        variables |= {"STATE_DIR": str(self._settings.state_dir), "PORT": str(self._port)}
        arguments = ["-m", "ops.deploy", "--stage", "local"]
        deploy = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=PROJECT_ROOT, env=variables, start_new_session=True
        )
        done = asyncio.ensure_future(deploy.wait())
        stop = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait([done, stop], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not done.done():
            deploy.terminate()
            await done
        if await done and not self._stop.is_set():
            complain("The stack could not be deployed; see the lines above.")
        if await done == 0:
            self._version.finish()
        return await done == 0

    async def _shut_down(self) -> None:
        await self._cloud.stop()
        self._endpoint.remove()

    def _watch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal, number)

    async def _watch_parent(self) -> None:
        """Stop when the process that we belong to has ended."""
        while self._settings.parent is not None:
            await asyncio.sleep(PARENT_SECONDS)
            if os.getppid() != self._settings.parent:
                self._stop.set()
                return

    def _on_signal(self, number: int) -> None:
        if self._is_again(number, time.monotonic()):
            complain("\nKilled: what was not saved yet is lost.")
            self._endpoint.remove()
            os._exit(1)  # the shims and functions notice, and end what they run
        if not self._stop.is_set():
            say("")
        self._stop.set()

    def _is_again(self, number: int, now: float) -> bool:
        """Whether whoever asked us to stop asks again, and wants it at once.

        Only a person who presses Ctrl-C twice does. SIGTERM comes from programs, such as `timeout`
        and `make`, which send it to the group and to each other: however often, it is one wish.
        """
        first = self._asked_by.setdefault(number, now)
        return number == signal.SIGINT and now - first >= SAME_CTRL_C_SECONDS


def _listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; raises StartError if the port is taken."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError as error:
        sock.close()
        raise StartError(
            f"Port {port} is taken by another program.\nChoose another one: PORT=9000 make run"
        ) from error
    sock.listen(1024)
    return sock


def _listen_as_before(file: Path) -> socket.socket:
    """A listening socket on the port of the last run if it is free, so that addresses stay."""
    sock = None
    if file.exists():
        try:
            sock = _listen(int(file.read_text()))
        except StartError:
            logger.info("the AWS port of the last run is taken; taking another one")
    if sock is None:
        sock = _listen(0)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(str(sock.getsockname()[1]))
    return sock


def _log_to_file(settings: Settings) -> None:
    settings.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
    handler = logging.FileHandler(settings.logs / "localcloud.log")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
