"""The parts that make up the local cloud.

`aws.environment.configure` must have run before this module is imported: ministack reads its
configuration when it is imported.
"""

import socket

from starlette.applications import Starlette

from localcloud.advance import Advance
from localcloud.aws import schedules
from localcloud.aws.stack import AwsStack
from localcloud.batch.control import Control as BatchControl
from localcloud.clock import CLOCK
from localcloud.clock_app import ClockApp
from localcloud.edge.server import FrontDoor
from localcloud.github.app import github_app
from localcloud.images import Images, project_images
from localcloud.settings import PROJECT_ROOT, Settings
from localcloud.stripe.app import stripe_app
from localcloud.stripe.running import Running
from localcloud.stripe.stand_in import StandIn


class Cloud:
    """AWS behind its own port, and the front door with the stand-ins for GitHub and Stripe."""

    def __init__(self, settings: Settings, aws_socket: socket.socket, port: int) -> None:
        self.aws = AwsStack(settings.state_dir, aws_socket, _images(settings))
        site = PROJECT_ROOT / "frontend" / "dist"
        CLOCK.keep_in(settings.state_dir / "clock.json")
        loopback = f"http://127.0.0.1:{port}"
        self._stripe = Running(StandIn(settings.state_dir / "stripe", f"{loopback}/stripe", CLOCK))
        others = {
            "github": github_app(loopback, f"http://localhost:{port}"),
            "stripe": stripe_app(self._stripe),
            "_stand_in": self._control(),
        }
        self._front_door = FrontDoor(port, site, self.aws.ecs.store, others)

    def _control(self) -> Starlette:
        """What moves the clock and lets things go wrong."""
        return Starlette(
            routes=[ClockApp(self._advance()).route(), BatchControl(self.aws.batch).route()]
        )

    def _advance(self) -> Advance:
        return Advance(
            CLOCK,
            self._stripe,
            schedules.fire_due,
            schedules.held,
            self._anybody_speaks,
            self._all_told_since,
            self.aws.lifecycle.carry_out,
        )

    def _anybody_speaks(self) -> bool:
        return self.aws.ecs.store.has_notebooks() or self.aws.batch.store.has_running_jobs()

    def _all_told_since(self, moment: float, seconds: float) -> bool:
        return self._front_door.voices.all_told_since(moment, seconds)

    async def start_aws(self) -> None:
        """Load the state, answer AWS requests, run services."""
        await self.aws.start()

    async def open_front_door(self, sock: socket.socket) -> None:
        """Take connections of the one port."""
        await self._front_door.listen(sock)
        self._stripe.start()

    async def stop(self) -> None:
        """End tasks while everything still answers, save, then hang up."""
        await self._stripe.pause()
        await self.aws.stop()
        await self._front_door.close()
        self._stripe.close()


def _images(settings: Settings) -> Images:
    images = project_images(PROJECT_ROOT)
    return images.extended(settings.images) if settings.images else images
