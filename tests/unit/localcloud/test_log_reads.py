"""GetLogEvents of the stand-in, with the limits that AWS documents."""

import asyncio
import functools
import json
from typing import Any

import pytest
from ministack.core.responses import request_scope
from ministack.services import cloudwatch_logs

from localcloud.aws import log_reads
from localcloud.batch.logs import MOST_EVENT, events_of
from localcloud.settings import ACCOUNT, REGION

GROUP = "/reads"


def call(action: str, request: dict[str, Any]) -> log_reads.Answer:
    """One request of ministack."""
    headers = {"x-amz-target": f"Logs_20140328.{action}"}
    body = json.dumps(request).encode()
    asking = cloudwatch_logs.handle_request("POST", "/", headers, body, {})
    with request_scope(ACCOUNT, REGION):
        answer: log_reads.Answer = asyncio.run(asking)
    return answer


read = log_reads.strict(functools.partial(call, "GetLogEvents"))


def stream(name: str, messages: list[str]) -> dict[str, Any]:
    """A stream with these messages, and what names it in requests."""
    where = {"logGroupName": GROUP, "logStreamName": name}
    events = [{"timestamp": at, "message": text} for at, text in enumerate(messages)]
    call("CreateLogGroup", {"logGroupName": GROUP})
    call("CreateLogStream", where)
    call("PutLogEvents", {**where, "logEvents": events})
    return where


def ask(request: dict[str, Any]) -> tuple[list[str], Any]:
    """The beginnings of a page's messages, and the whole answer."""
    answer = json.loads(read(request)[2])
    return [event["message"][:9] for event in answer.get("events", [])], answer


def test_without_a_word_the_newest_come_first_and_the_end_gives_the_same_token() -> None:
    where = stream("newest", ["a", "b", "c"])
    found, answer = ask({**where, "limit": 2})
    assert found == ["b", "c"]
    found, answer = ask({**where, "nextToken": answer["nextBackwardToken"]})
    assert found == ["a"]
    found, again = ask({**where, "nextToken": answer["nextBackwardToken"]})
    assert (found, again["nextBackwardToken"]) == ([], answer["nextBackwardToken"])


def test_a_page_has_at_most_one_megabyte_of_the_events_that_come_first() -> None:
    where = stream("large", [f"{at}{'x' * 300_000}" for at in range(5)])
    found, answer = ask(where)
    assert [text[0] for text in found] == ["2", "3", "4"]
    found, _ = ask({**where, "nextToken": answer["nextBackwardToken"]})
    assert [text[0] for text in found] == ["0", "1"]
    found, _ = ask({**where, "startFromHead": True})
    assert [text[0] for text in found] == ["0", "1", "2"]


def test_a_forward_token_needs_its_direction_and_a_limit_is_bounded() -> None:
    where = stream("strict", ["a"])
    _, answer = ask({**where, "startFromHead": True})
    for wrong in ({"nextToken": answer["nextForwardToken"]}, {"limit": 10_001}, {"limit": 0}):
        _, refused = ask({**where, **wrong})
        assert refused["__type"] == "InvalidParameterException"


def test_pages_may_be_empty_although_there_is_more(monkeypatch: pytest.MonkeyPatch) -> None:
    where = stream("empty", ["a", "b"])
    monkeypatch.setattr(log_reads, "EMPTY_PAGES", True)
    pages: list[list[str]] = []
    token = None
    while True:
        found, answer = ask({**where, "limit": 1, **({"nextToken": token} if token else {})})
        pages.append(found)
        if answer["nextBackwardToken"] == token:
            break
        token = answer["nextBackwardToken"]
    assert [page for page in pages if page] == [["b"], ["a"]]
    assert pages[0] == []


@pytest.mark.parametrize("text", ["é", "日本", "👩‍🔬"])
def test_a_long_line_becomes_events_that_end_between_characters(text: str) -> None:
    line = text * (MOST_EVENT // len(text.encode()) + 10)
    events = list(events_of(line.encode()))
    assert "".join(events) == line
    assert len(events) == 2
    assert all(len(event.encode()) <= MOST_EVENT for event in events)
