"""What people are told to run in a cell runs as it is: every name in it is defined in it."""

import ast
import builtins
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = ("README.md", "client/README.md", "docs/clusters.md")
SHOWN = ROOT / "frontend/src/features/clusters/components/snippets.ts"
GOES_ON_WITH = {"SIZES": {"cluster"}, "DASK": {"cluster"}}
"""Snippets that begin where another one has ended, and what they take from it."""


def _unknown(code: str) -> set[str]:
    names = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    known = {node.id for node in names if isinstance(node.ctx, ast.Store)} | set(dir(builtins))
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Import() | ast.ImportFrom():
                known |= {(each.asname or each.name).partition(".")[0] for each in node.names}
            case ast.FunctionDef():
                known |= {node.name, *(each.arg for each in node.args.args)}
            case ast.ExceptHandler(name=str(name)):
                known.add(name)
            case _:
                pass
    return {node.id for node in names} - known


@pytest.mark.parametrize("page", PAGES)
def test_the_first_example_of_a_page_defines_what_it_uses(page: str) -> None:
    found = re.search(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)

    assert found is not None
    assert _unknown(found[1]) == set()


@pytest.mark.parametrize("name", ["THREE_LINES", "STAYS", "AGAIN", "SIZES", "DASK"])
def test_a_snippet_to_copy_defines_what_it_uses(name: str) -> None:
    found = re.search(rf"const {name} = `(.*?)`", SHOWN.read_text(), re.DOTALL)

    assert found is not None
    assert _unknown(found[1]) == GOES_ON_WITH.get(name, set())
