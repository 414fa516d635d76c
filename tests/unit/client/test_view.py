"""What a cluster shows: one line for a terminal, HTML for a page, and nothing into a file."""

# The library is checked with Dask beside it, where it is installed.
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import io
import re
import sys
from html.parser import HTMLParser
from typing import Any

import pytest

from ramon.info import ClusterInfo
from ramon.progress.display import Line, Nowhere, choose
from ramon.progress.view import View
from tests.unit.client import facts


def view(*, info: dict[str, Any] | None = None, **changes: Any) -> View:
    given = ClusterInfo.from_json(facts.cluster(**(info or {})))
    return View(**{"name": "mine", "info": given, "workers": 2, "wanted": 4, **changes})


def test_before_there_is_a_price_it_says_what_is_done() -> None:
    assert View("mine", stage="preparing").line() == "Cluster mine · preparing"


def test_the_price_is_there_before_the_first_worker() -> None:
    line = view(stage="starting", workers=0).line()
    assert line == (
        "Cluster mine · starting · 0 of 4 workers · 5 tasks to do · $1.25 of $5.00 so far · "
        "$0.42 an hour"
    )


def test_calls_of_this_kernel_are_counted_as_it_gave_them() -> None:
    assert "312 of 1,000 tasks" in view(done=312, total=1000).line()
    assert "2 of 4 workers (2 starting)" in view().line()


def test_in_the_end_it_says_what_it_cost_in_all() -> None:
    line = view(info={"state": "stopped"}).line()
    assert line == "Cluster mine · stopped · $1.25 of $5.00 in all"


class Page(HTMLParser):
    """The elements of some HTML, with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_has_bars_with_labels_a_state_and_a_link() -> None:
    page = Page(view(done=3, total=4, dashboard="https://x.example/status?a=1&b=2").html())
    bars = [attrs for tag, attrs in page.found if tag == "progress"]
    assert [(bar["value"], bar["max"]) for bar in bars] == [("3", "4"), ("1.25", "5")]
    tags = [tag for tag, _ in page.found]
    assert tags.count("label") == 2
    assert {"role": "status"} in [attrs for _, attrs in page.found]
    (link,) = [attrs for tag, attrs in page.found if tag == "a"]
    assert link["href"] == "https://x.example/status?a=1&b=2"
    assert link["rel"] == "noopener"
    assert "each 2 vCPU, 8 GiB" in page.text


def test_what_others_wrote_is_text() -> None:
    evil = "<img src=x onerror=alert(1)>"
    page = Page(view(name=evil, problem=evil, dashboard='"><script>').html())
    assert not {"img", "script"} & {tag for tag, _ in page.found}
    assert page.text.count(evil) == 2
    assert ("alert", evil) in [(attrs.get("role"), evil) for _, attrs in page.found]


def test_a_terminal_has_one_line_that_is_written_over() -> None:
    out = io.StringIO()
    line = Line(out)
    for done in (1, 1, 2):
        line.show(view(done=done, total=2))
    line.close()
    assert out.getvalue().count("\r") == 2
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().endswith("\n")


def test_into_a_file_or_quietly_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(choose(quiet=True, stop=list), Nowhere)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert isinstance(choose(quiet=False, stop=list), Nowhere)


def test_tasks_that_failed_are_told_beside_those_that_are_done_as_on_the_clusters_page() -> None:
    tasks = {"waiting": 0, "processing": 0, "memory": 2, "erred": 2}
    info = ClusterInfo.from_json(facts.cluster(tasks=tasks))
    failed = View("mine", info=info, done=4, total=4)
    assert "4 of 4 tasks, 2 failed" in failed.line()
    assert "4 of 4 tasks, 2 failed" in failed.html()
    over = View("mine", info=ClusterInfo.from_json(facts.cluster(tasks=None)), done=4, total=4)
    assert "4 of 4 tasks ·" in over.line()


def test_amounts_are_not_taken_for_a_formula() -> None:
    html = View("mine", info=ClusterInfo.from_json(facts.cluster(budget_usd="5.00"))).html()

    assert "<span>$</span>5.00" in html
    assert not re.search(r"\$\d", html)
