"""Results that a kernel left behind: the cluster kept them when it died."""

# distributed ships its types, but few of its functions have any.
# mypy: allow-untyped-calls

from __future__ import annotations

from typing import Any

from distributed.client import Future

from ramon._calls import flat
from ramon._tasks import Tasks


class Kept(Tasks):
    """What is still in a cluster of a kernel that died, or that left it running."""

    @property
    def futures(self) -> dict[str, Future[Any]]:
        """Dask's futures of the work that was kept, by key, in order of submission.

        Of a `map`, some calls that follow each other are one future, whose result is a list.
        """
        client = self.get_client()
        keys = self.sync(self.scheduler_comm.ramon_kept)
        return {key: Future(key, client) for key in keys}

    def results(self, *, wait: bool = False) -> dict[str, Any]:
        """Results that were kept, by key, in order of submission; each call of a `map` has one.

        A key is the function's name with a token, and for calls of a `map` their place in it.
        What is not done yet is left out, unless `wait`; what failed is left out (its error is in
        `futures`). They stay in the cluster until `forget` or its end.
        """
        import distributed

        futures = self.futures
        if wait and futures:
            distributed.wait(list(futures.values()))
        else:
            self.sync(self.scheduler_comm.identity)
        done = {key: each for key, each in futures.items() if each.status == "finished"}
        return flat(self.get_client().gather(done))

    def forget(self) -> None:
        """Give up what was kept, and its memory on the workers."""
        keys = self.sync(self.scheduler_comm.ramon_kept)
        self.sync(self.scheduler_comm.ramon_release, keys=keys)
