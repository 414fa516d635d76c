"""Results that a kernel left behind: the cluster kept them when it died."""

# distributed ships its types, but few of its functions have any.
# mypy: allow-untyped-calls

from __future__ import annotations

from typing import Any

from distributed.client import Future

from ramon._calls import SHARED, flat
from ramon._tasks import Tasks


class Kept(Tasks):
    """What is still in a cluster of a kernel that died, or that left it running.

    Of an asynchronous cluster, all of this is to be awaited.
    """

    @property
    def futures(self) -> Any:
        """Dask's futures of the work that was kept: a dict by key, in order of submission.

        Of a `map`, some calls that follow each other are one future, whose result is a list.
        """
        self.check()
        return self.sync(self._futures)

    def results(self, *, wait: bool = False) -> Any:
        """Results that were kept: a dict by key, in order of submission, one for each call.

        A key is the function's name with a token, and for calls of a `map` their place in it.
        What is not done yet is left out, unless `wait`; what failed is left out (its error is in
        `futures`). They stay in the cluster until `forget` or its end.
        """
        self.check()
        return self.sync(self._results, wait)

    def forget(self) -> Any:
        """Give up what was kept, and its memory on the workers."""
        self.check()
        return self.sync(self._forget)

    async def _futures(self) -> dict[str, Future[Any]]:
        client = self.get_client()
        keys = [key for key in await self.scheduler_comm.ramon_kept() if not _is_shared(key)]
        futures: dict[str, Future[Any]] = {key: Future(key, client) for key in keys}
        # By the client's own stream, so that it comes after the release of futures of before; the
        # call besides gives their states at once.
        wanted = {"op": "client-desires-keys", "keys": keys, "client": client.id}
        client._send_to_scheduler(wanted)  # noqa: SLF001 - as Dask's own queues do
        await self.scheduler_comm.ramon_want(keys=keys, client=client.id)
        return futures

    async def _results(self, wait: bool) -> dict[str, Any]:
        futures = await self._futures()
        if wait:
            for future in futures.values():
                await future.exception()
        states = await self.scheduler_comm.get_task_status(keys=list(futures))
        done = {key: each for key, each in futures.items() if states[key] == "memory"}
        return flat(await self.get_client().gather_as_sent(done))

    async def _forget(self) -> None:
        keys = await self.scheduler_comm.ramon_kept()
        await self.scheduler_comm.ramon_release(keys=keys)


def _is_shared(key: Any) -> bool:
    """Whether it holds what several calls have in common, and is no call itself."""
    return str(key).startswith(SHARED)
