"""What the workers of a cluster wrote: the newest lines of every worker, each with its worker."""

import itertools
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from chalicelib.clusters import batch, crew
from chalicelib.clusters.models import Cluster, Worker
from chalicelib.clusters.schemas import LogLine, LogPage
from chalicelib.core import clock
from chalicelib.core.errors import Invalid, NotFound

_LINES, _BYTES = 1000, 1_000_000
"""Most of one worker at once; an answer of Lambda has at most 6 MB."""
_WORKERS = 20
"""Workers that are read at once: CloudWatch answers 25 such requests a second, of all accounts."""
_LINES_OF_EACH, _BYTES_OF_EACH = 200, 50_000
_SECONDS = 8.0
"""After this long no further worker is read; the answer says where to go on."""
_MOST_TEXT = 8_000
"""Characters of a line that are shown."""
_TOGETHER = timedelta(milliseconds=100)
"""Lines of a worker that follow each other this quickly stay together, as a traceback's do."""


def of_worker(cluster: Cluster, worker_id: str, cursor: str | None) -> LogPage:
    """The newest lines of one worker, or with a cursor those before. Raises `NotFound`."""
    worker = crew.read(worker_id)
    if worker.cluster_id != cluster.id:
        raise NotFound("This worker does not exist.")
    stream = _stream(worker)
    if stream is None:
        return LogPage([], None)
    lines, older = batch.tail(stream, cursor, _LINES, _BYTES)
    return LogPage([line(worker.id, at, text) for at, text in lines], older)


def of_all(cluster: Cluster, cursor: str | None) -> LogPage:
    """The newest lines of the workers that run, then of those that ended; some workers a page."""
    first, began = _offset(cursor), clock.now()
    writers = (worker for worker in _newest_first(cluster) if _stream(worker))
    waiting = itertools.islice(writers, first, first + _WORKERS + 1)
    blocks: list[list[LogLine]] = []
    for place, worker in enumerate(waiting, first):
        is_late = place > first and (clock.now() - began).total_seconds() > _SECONDS
        if place == first + _WORKERS or is_late:
            return LogPage(merged(blocks), str(place))
        lines, _ = batch.tail(_stream(worker) or "", None, _LINES_OF_EACH, _BYTES_OF_EACH)
        blocks += blocks_of([line(worker.id, at, text) for at, text in lines])
    return LogPage(merged(blocks), None)


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal() or len(cursor) > 9:
        raise Invalid("This cursor is not one of ours. Ask without one.", code="bad_cursor")
    return int(cursor)


def _newest_first(cluster: Cluster) -> Iterator[Worker]:
    live = crew.live_of(cluster.id)
    yield from reversed(live)
    known = {worker.id for worker in live}
    ended = Worker.by_cluster.query(cluster.id, scan_index_forward=False)
    yield from (worker for worker in ended if worker.id not in known)


def _stream(worker: Worker) -> str | None:
    """Where its newest attempt writes to."""
    streams = worker.streams.attribute_values
    return streams[max(streams, key=int)] if streams else None


def line(worker_id: str, at: datetime, text: str) -> LogLine:
    """A line as a terminal shows it, of bounded length."""
    shown = text.rstrip("\r").rpartition("\r")[2]  # as a terminal shows a line that is written over
    more = len(shown) - _MOST_TEXT
    if more > 0:
        shown = f"{shown[:_MOST_TEXT]}… ({more} more characters)"
    return LogLine(at, shown, worker_id)


def blocks_of(lines: Iterable[LogLine]) -> Iterator[list[LogLine]]:
    """The lines of one worker, those together that it wrote together."""
    block: list[LogLine] = []
    for each in lines:
        if block and each.at - block[-1].at > _TOGETHER:
            yield block
            block = []
        block.append(each)
    if block:
        yield block


def merged(blocks: list[list[LogLine]]) -> list[LogLine]:
    """All lines, in the order of the blocks' first ones."""
    in_order = sorted(blocks, key=lambda block: block[0].at)
    return list(itertools.chain.from_iterable(in_order))
