"""What there is to see of a cluster, as one line and as HTML. Nothing here talks to anyone."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from ramon.info import ClusterInfo, exactly, money

_STYLE = (
    "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;line-height:1.6;"
    "color:var(--jp-ui-font-color1,inherit);border:1px solid var(--jp-border-color2,#8888);"
    "border-radius:4px;padding:8px 12px;max-width:42em"
)
_FAINT = "color:var(--jp-ui-font-color2,inherit)"
_WRONG = "border-left:3px solid var(--jp-error-color1,#d32f2f);padding-left:8px;margin-top:4px"
_BAR = "width:12em;vertical-align:middle"


@dataclass(frozen=True)
class View:
    """What is shown of a cluster at one moment.

    stage: what is being done, in words; "" when it simply runs.
    workers: joined; wanted: asked for.
    done, total: tasks that this kernel gave to it.
    """

    name: str
    stage: str = ""
    info: ClusterInfo | None = None
    workers: int = 0
    wanted: int = 0
    done: int = 0
    total: int = 0
    dashboard: str = ""
    problem: str = ""

    @property
    def ended(self) -> bool:
        """Nothing will change any more."""
        return self.info is not None and self.info.ended

    def line(self) -> str:
        """All of it on one line of text."""
        return " · ".join(filter(None, self._parts()))

    def html(self) -> str:
        """All of it as HTML that follows the notebook's theme and reads well aloud."""
        rows = filter(None, (self._heading(), self._figures(), self._bars(), self._trouble()))
        # Between two bare dollar signs, Jupyter would typeset a formula.
        shown = "".join(rows).replace("$", "<span>$</span>")
        name = escape(self.name)
        return f'<section style="{_STYLE}" aria-label="Cluster {name}">{shown}</section>'

    def _parts(self) -> list[str]:
        return [
            f"Cluster {self.name}",
            self._state(),
            self._workers(),
            self._tasks(),
            self._spent(),
            self._price(),
            self.problem,
        ]

    def _state(self) -> str:
        if self.stage:
            return self.stage
        return self.info.state if self.info and self.info.state != "running" else ""

    def _workers(self) -> str:
        if self.info is None or self.ended:
            return ""
        arriving = max(0, self.wanted - self.workers)
        more = f" ({arriving} starting)" if arriving and self.workers else ""
        return f"{self.workers} of {_count(self.wanted, 'worker')}{more}"

    def _tasks(self) -> str:
        if self.total:
            return f"{self.done:,} of {_count(self.total, 'task')}{self._failed()}"
        tasks = self.info.tasks if self.info else {}
        active = tasks.get("waiting", 0) + tasks.get("processing", 0)
        return f"{_count(active, 'task')} to do" if active and not self.ended else ""

    def _failed(self) -> str:
        """How many tasks failed: the very number that the cluster's page shows."""
        failed = self.info.tasks.get("erred", 0) if self.info else 0
        return f", {failed:,} failed" if failed else ""

    def _spent(self) -> str:
        if self.info is None:
            return ""
        limit = f" of {exactly(self.info.budget_usd)}" if self.info.budget_usd else ""
        return f"{money(self.info.spent_usd)}{limit} {'in all' if self.ended else 'so far'}"

    def _price(self) -> str:
        if self.info is None or self.ended:
            return ""
        return f"{money(self.info.usd_hour)} an hour"

    def _heading(self) -> str:
        link = ""
        if self.dashboard and not self.ended:
            link = (
                f' <a href="{escape(self.dashboard)}" target="_blank" rel="noopener" '
                'style="float:right">Dask dashboard</a>'
            )
        state = escape(self._state() or "running")
        return f'{link}<strong>{escape(self.name)}</strong> <span role="status">{state}</span>'

    def _figures(self) -> str:
        budget = self.info is not None and self.info.budget_usd  # then it has a bar
        spent = "" if budget else self._spent()
        figures = filter(None, (self._workers(), self._size(), self._price(), spent))
        return f'<div style="{_FAINT}">{" · ".join(map(escape, figures))}</div>'

    def _size(self) -> str:
        if self.info is None:
            return ""
        gpu = f", {_count(self.info.gpu, 'GPU')}" if self.info.gpu else ""
        kind = "" if self.info.purchase == "on_demand" else ", spot"
        return f"each {self.info.vcpu} vCPU, {self.info.memory_gib} GiB{gpu}{kind}"

    def _bars(self) -> str:
        bars = ""
        if self.total:
            bars += _bar("Tasks", self.done, self.total, self._tasks())
        if self.info and self.info.budget_usd:
            bars += _bar(
                "Budget", float(self.info.spent_usd), float(self.info.budget_usd), self._spent()
            )
        return bars

    def _trouble(self) -> str:
        if not self.problem:
            return ""
        return f'<div role="alert" style="{_WRONG}">{escape(self.problem)}</div>'


def _bar(label: str, value: float, most: float, text: str) -> str:
    said = escape(text)
    return (
        f'<div><label>{label} <progress style="{_BAR}" value="{value:g}" max="{most:g}">{said}'
        f"</progress></label> {said}</div>"
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
