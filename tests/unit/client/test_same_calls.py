"""Differential: a cluster beside `concurrent.futures`, and its client beside Dask's own.

The calls are in `inside/same_calls.py`. What may differ stands in docs/clusters.md, with its
reason, and nowhere else.
"""

from __future__ import annotations

import pytest

from tests.unit.client.conftest import ROOT, Checks

NAMES = ("a_cluster_does_what_a_pool_of_threads_does", "the_list_is_long")


@pytest.fixture(scope="module")
def said(checks: Checks) -> dict[str, str]:
    """What each check said."""
    return checks("same_calls", str(ROOT / "docs" / "clusters.md"))


@pytest.mark.parametrize("name", NAMES)
def test_a_cluster_differs_only_as_the_docs_say(said: dict[str, str], name: str) -> None:
    assert not said[name], said[name]


def test_no_check_is_left_out(said: dict[str, str]) -> None:
    assert set(said) == set(NAMES)
