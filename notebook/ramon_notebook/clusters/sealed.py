"""A task on its way to a worker, which opens it where the version of the code is that it needs."""

# Dask's functions are partly untyped.
# mypy: allow-untyped-calls

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distributed.protocol import pickle

from ramon_notebook.environment.versions import Versions

_here: list[Versions] = []
"""The versions of this process; none where nobody keeps them."""


def keep_versions(versions: Versions) -> None:
    """Let tasks be opened with these versions in this process."""
    _here[:] = [versions]


def sendable(logs: Any) -> list[tuple[Any, ...]]:
    """Lines of a log, with what is not UTF-8 escaped: Dask's connections end at it."""
    return [
        tuple(_escaped(each) if isinstance(each, str) else each for each in line) for line in logs
    ]


def _escaped(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


class Sealed:
    """A task of Dask's, pickled, with the version of the workspace's code that it was given with.

    It is called as the task is. Were it unpickled when it arrives, it would get whatever version
    is in place then.
    """

    def __init__(
        self, version: str, key: Any, traits: tuple[bool, bool], data: bytes, buffers: list[Any]
    ) -> None:
        self.version, self.key = version, key
        self.is_coro, self.data_producer = traits
        self._data, self._buffers = data, buffers

    @classmethod
    def of(cls, task: Any, version: str) -> Sealed:
        """Seal a task while its version is in place here."""
        buffers: list[Any] = []
        data = pickle.dumps(task, buffer_callback=buffers.append)
        return cls(version, task.key, (task.is_coro, task.data_producer), data, buffers)

    def mentions(self, names: Any) -> bool:
        """Whether the compiled pattern `names` is found in what is sealed."""
        return names.search(self._data) is not None

    def __repr__(self) -> str:
        return f"<Task {self.key!r}>"

    def __call__(self, values: Mapping[Any, Any]) -> Any:
        """Run the task with these values of what it depends on."""
        if not _here:
            return self._opened()(values)
        versions = _here[0]
        with versions.loading(self.version):
            task = self._opened()
        with versions.running(self.version):
            return task(values)

    def _opened(self) -> Any:
        return pickle.loads(self._data, buffers=self._buffers)
