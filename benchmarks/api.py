"""One authenticated read through the front door, beside JupyterHub's and a bare DynamoDB read.

Ours is `GET /api/notebooks/{id}` with an API token. The peer is JupyterHub's
`GET /hub/api/users/{name}` with a token, through its proxy. The floor is one GetItem of a notebook,
asked of the AWS stand-in itself.
"""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks import dynamodb, environments, hub, service, web
from benchmarks.errors import BenchmarkError
from benchmarks.load import Load, Request
from benchmarks.progress import say
from benchmarks.report import Report
from benchmarks.service import Person
from localcloud.testing import LocalCloud


def measure(rounds: int) -> Report:
    """All sides in turns, `rounds` times; without JupyterHub if it can't be installed."""
    programs = _hub_programs()
    say("Starting the local cloud …")
    with service.running() as cloud:
        return asyncio.run(_measure(cloud, programs, rounds))


def _hub_programs() -> Path | None:
    try:
        return environments.peer()
    except BenchmarkError as error:
        say(f"Going on without JupyterHub, which can't be installed. {error}")
        return None


async def _measure(cloud: LocalCloud, programs: Path | None, rounds: int) -> Report:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(web.client())
        people = [await Person.signed_in(http, cloud.app_origin, each) for each in service.LOGINS]
        ids = [await person.create("Benchmark") for person in people]
        ours = Load([_read(*each) for each in zip(people, ids, strict=True)])
        floor = Load([dynamodb.get_item(http, cloud, "notebooks", ids[0])])
        peer = None
        if programs:
            peer = Load([await stack.enter_async_context(hub.running(http, programs))])
        sides = [side for side in (ours, floor, peer) if side]
        for side in sides:
            await side.warm_up()
        for number in range(1, rounds + 1):
            say(f"Round {number} of {rounds} …")
            for side in sides:
                await side.run()
    return Report(
        bench="api",
        headline="read_ms",
        subject=ours.figures(),
        floor=floor.figures(),
        peer=peer.figures() if peer else None,
        legend={"floor": "one GetItem of the stand-in", "peer": "JupyterHub, GET /users/{name}"},
    )


def _read(person: Person, notebook_id: str) -> Request:
    async def read() -> None:
        told = await person.ask("GET", f"/notebooks/{notebook_id}")
        if told["id"] != notebook_id:
            raise BenchmarkError(f"Another notebook was answered: {told['id']}")

    return read
