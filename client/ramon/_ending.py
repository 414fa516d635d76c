"""Why a cluster is no longer there, as an error; and results that were saved before it went."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from ramon._agent import Found
from ramon._calls import flat
from ramon.errors import ClusterNotFound, ClusterStopped, RamonError, from_problem
from ramon.info import money

SAVED = Path("work") / ".ramon-results"
"""Where the agent saves results, in the home folder; it is part of the workspace."""


def verdict(found: Found) -> RamonError | None:
    """Why this cluster can't be used: it stopped, is about to, or never started. Else None."""
    info = found.info
    if info.state == "failed" and info.problem:
        return from_problem(info.problem.code, info.problem.message)
    if info.stop is None and info.state not in {"stopping", "stopped", "failed"}:
        return None
    said = info.stop.message if info.stop else f"The cluster {info.name!r} has stopped."
    text = f"{said} It cost {money(info.spent_usd)}."
    if found.saved_file and info.saved_results:
        text += (
            f" {info.saved_results} results that were finished are in {found.saved_file}: "
            f"ramon.saved_results({info.name!r}) loads them."
        )
    return ClusterStopped(
        text,
        reason=info.stop.code if info.stop else info.state,
        cost_usd=info.spent_usd,
        saved_file=found.saved_file if info.saved_results else None,
    )


def saved_results(name: str) -> dict[str, Any]:
    """Results that were saved when the cluster `name` was stopped, by key, in order of submission.

    A key is the function's name with a token, and for calls of a `map` their place in it, such as
    ``simulate-1f3a9c2b-0``. Raises ClusterNotFound if nothing was saved under that name.
    """
    path = Path.home() / SAVED / f"{name}.pkl"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        kept = sorted(file.stem for file in path.parent.glob("*.pkl"))
        raise ClusterNotFound(
            f"Nothing is saved of a cluster {name!r}. There is: {', '.join(kept) or 'nothing'}."
        ) from None
    saved: dict[str, Any] = pickle.loads(data)  # noqa: S301 - written by this notebook's own agent
    return flat(saved["results"])
