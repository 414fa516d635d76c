"""Partitions of an index, so that no single one of them is written too often."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shards:
    """A fixed number of partitions, named "0", "1" and so on. The number never shrinks."""

    count: int

    def of(self, id_: str) -> str:
        """The partition of an item."""
        return str(zlib.crc32(id_.encode()) % self.count)

    def __iter__(self) -> Iterator[str]:
        """All partitions."""
        return (str(number) for number in range(self.count))
