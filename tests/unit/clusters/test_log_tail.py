"""The newest lines of a log, read backwards by pages that AWS may leave empty."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.clusters import batch, logs
from chalicelib.clusters.schemas import LogLine
from chalicelib.core import aws, config

AT = datetime(2026, 11, 27, 16, tzinfo=UTC)


class Stream:
    """GetLogEvents of one stream, by its documentation; every page is as short as `pages` says."""

    def __init__(self, messages: list[str], pages: list[int]) -> None:
        self._events = [{"timestamp": at, "message": text} for at, text in enumerate(messages)]
        self._pages = pages or [100]
        self._asked = 0

    def get_log_events(self, **asked: Any) -> dict[str, Any]:
        assert asked["startFromHead"] is False
        end = int(asked.get("nextToken", f"b/{len(self._events)}")[2:])
        self._asked += 1
        size = min(self._pages[self._asked % len(self._pages)], asked["limit"])
        start = max(0, end - size)
        # An empty page says that there is more by another token, which leads to the same place.
        token = f"b/{start}" if start < end or end == 0 else f"b/{end:0{self._asked + 2}}"
        return {"events": self._events[start:end], "nextBackwardToken": token}


@given(
    count=st.integers(0, 60),
    pages=st.lists(st.integers(0, 9), min_size=1, max_size=5).filter(any),
    most=st.integers(1, 30),
)
def test_the_newest_lines_come_first_and_the_cursors_lead_to_all_before_them(
    count: int, pages: list[int], most: int
) -> None:
    messages = [f"line {at}" for at in range(count)]
    stream = Stream(messages, pages)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aws, "client", lambda _: stream)
        patch.setattr(config, "settings", lambda: type("S", (), {"worker_log_group": "g"}))
        found: list[list[str]] = []
        cursor: str | None = None
        for _ in range(count + 2):
            lines, cursor = batch.tail("s", cursor, most, 10_000)
            found.append([text for _, text in lines])
            if cursor is None:
                break
    assert cursor is None
    assert found[0] == messages[-most:]
    assert [text for page in reversed(found) for text in page] == messages


def test_lines_that_a_worker_wrote_together_stay_together() -> None:
    def line(worker: str, millis: int) -> LogLine:
        return LogLine(AT + timedelta(milliseconds=millis), f"{worker}{millis}", worker)

    one = [line("a", at) for at in (0, 5, 10, 900)]
    other = [line("b", at) for at in (1, 7, 500)]
    merged = logs.merged([*logs.blocks_of(one), *logs.blocks_of(other)])
    assert [each.text for each in merged] == ["a0", "a5", "a10", "b1", "b7", "b500", "a900"]


def test_a_line_is_as_a_terminal_shows_it_and_of_bounded_length() -> None:
    assert logs.line("w", AT, " 10%\r 20%\r").text == " 20%"
    assert logs.line("w", AT, "\tat x  ").text == "\tat x  "
    long = logs.line("w", AT, "x" * 9_000).text
    assert long == f"{'x' * 8_000}… (1000 more characters)"
