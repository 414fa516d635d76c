"""Where a view is shown: a widget, HTML that is replaced, one line of a terminal, or nowhere."""

# What is imported here has no types.
# mypy: allow-untyped-calls, disable-error-code="import-untyped"

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, TextIO

from ramon.progress.view import View


class Display(Protocol):
    """Shows the newest view. Called from any thread, about once a second."""

    def show(self, view: View) -> None:
        """Show this instead of what was shown before."""

    def show_here(self) -> bool:
        """Show it where it is asked for now, too; False if this display has no such places."""

    def close(self) -> None:
        """Nothing more will be shown."""


class Nowhere:
    """Shows nothing: output that goes to a file or a pipe is not for progress."""

    def show(self, view: View) -> None:
        """Do nothing."""

    def show_here(self) -> bool:
        """Leave that to a display that shows something."""
        return False

    def close(self) -> None:
        """Do nothing."""


class Line:
    """One line of a terminal that writes over itself."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._shown = ""

    def show(self, view: View) -> None:
        """Write the line if it changed, cut where the terminal ends."""
        import shutil

        line = view.line()[: shutil.get_terminal_size().columns - 1]
        if line != self._shown:
            self._shown = line
            self._out.write(f"\r\033[K{line}")
            self._out.flush()

    def show_here(self) -> bool:
        """Go on on a line of its own."""
        self.close()
        return True

    def close(self) -> None:
        """Leave the last line as it is and go to the next."""
        if self._shown:
            self._shown = ""
            self._out.write("\n")
            self._out.flush()


MOST_PLACES = 20
"""Cells in which a cluster is kept up to date, the newest ones."""


class Places:
    """The places on a page where one thing is shown: one a cell, all brought up to date.

    An output that stayed as it was would go on saying that the cluster starts.
    """

    def __init__(self) -> None:
        self._handles: deque[tuple[str, Any]] = deque(maxlen=MOST_PLACES)

    def add(self, shown: dict[str, Any]) -> None:
        """Show it in the cell that runs, unless that shows it already."""
        from IPython.display import display

        cell = _cell()
        if not cell or cell not in [each for each, _ in self._handles]:
            self._handles.append((cell, display(shown, raw=True, display_id=True)))

    def put(self, shown: dict[str, Any]) -> None:
        """Show this everywhere instead of what was shown before."""
        for _, handle in self._handles:
            if handle is not None:
                handle.update(shown, raw=True)


def _cell() -> str:
    """The execution that this thread works for; "" if that is not known."""
    ipython = sys.modules["IPython"].get_ipython()
    parent: dict[str, Any] = getattr(ipython, "get_parent", dict)() or {}
    return str(parent.get("header", {}).get("msg_id", ""))


class Widget:
    """An ipywidget that changes in place, with a button that stops the cluster.

    Beside it, the notebook keeps the view as HTML and text, for whoever opens it without this
    kernel, or does not trust it yet.
    """

    def __init__(self, stop: Callable[[], object]) -> None:
        from ipywidgets import HTML, Button, Layout, VBox

        self._html = HTML()
        self._stop = stop
        self._button = Button(
            description="Stop the cluster",
            tooltip="Stops all workers; nothing is charged from then on",
            layout=Layout(width="auto", align_self="flex-start"),
        )
        self._button.on_click(self._clicked)
        self._live = VBox([self._html, self._button])._repr_mimebundle_()
        self._kept: dict[str, str] = {}
        self._moment = ("", "")
        self._places = Places()
        self._places.add(self._live)

    def show(self, view: View) -> None:
        """Change the HTML; without a cluster that runs there is nothing to stop."""
        html = view.html()
        if html != self._html.value:
            self._html.value = html
        self._button.layout.display = "none" if view.ended or view.info is None else ""
        self._kept = {"text/html": html, "text/plain": view.line()}
        moment = (view.stage, view.info.state if view.info else "")
        if moment != self._moment:
            self._moment = moment
            self._places.put(self._live | self._kept)

    def show_here(self) -> bool:
        """Show the widget in this cell, too."""
        self._places.add(self._live | self._kept)
        return True

    def close(self) -> None:
        """Leave the last view, which needs no kernel any more."""
        if self._kept:
            self._live = {}
            self._places.put(self._kept)

    def _clicked(self, _button: Any) -> None:
        self._button.disabled = True
        self._button.description = "Stopping …"
        self._stop()


class Replaced:
    """HTML that is replaced by newer HTML, where there are no widgets."""

    def __init__(self) -> None:
        self._places = Places()
        self._shown = {"text/html": ""}
        self._places.add(self._shown)

    def show(self, view: View) -> None:
        """Replace the HTML if it changed."""
        shown = {"text/html": view.html(), "text/plain": view.line()}
        if shown != self._shown:
            self._shown = shown
            self._places.put(shown)

    def show_here(self) -> bool:
        """Show it in this cell, too."""
        self._places.add(self._shown)
        return True

    def close(self) -> None:
        """Leave the last view as it is."""


def choose(*, quiet: bool, stop: Callable[[], object]) -> Display:
    """The best way to show progress here; `stop` is what a button for it does."""
    if quiet:
        return Nowhere()
    if _in_notebook():
        return _in_page(stop)
    return Line(sys.stderr) if sys.stderr is not None and sys.stderr.isatty() else Nowhere()


def _in_page(stop: Callable[[], object]) -> Display:
    try:
        return Widget(stop)
    except ImportError:
        return Replaced()


def _in_notebook() -> bool:
    """Whether this is the kernel of a page, which shows HTML."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")
