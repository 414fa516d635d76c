"""A file becomes a notebook if JupyterLab can open it; else the answer says what is wrong."""

import json
from typing import Any

import pytest

from chalicelib.core.errors import Invalid
from chalicelib.notebooks.notebook_files import checked
from chalicelib.notebooks.sources import blank

CELL: dict[str, Any] = {"cell_type": "code", "metadata": {}, "source": "1", "outputs": []}
GOOD: dict[str, Any] = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [CELL]}
SHEETS = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": []}]}


def written(notebook: dict[str, Any]) -> bytes:
    return json.dumps(notebook).encode()


@pytest.mark.parametrize(
    "content",
    [
        blank(),
        *(written({**GOOD, "nbformat_minor": minor}) for minor in range(6)),
        written(SHEETS),
        written({**SHEETS, "nbformat": 2}),
        b"\xef\xbb\xbf" + written(GOOD),
        json.dumps(GOOD, indent=1).replace("\n", "\r\n").encode(),
        json.dumps(GOOD).encode("utf-16"),
        written({**GOOD, "metadata": {"x": float("nan")}}),
        written({**GOOD, "cells": [{**CELL, "source": "\ud83d"}]}),
        written({"nbformat": 4, "cells": [{"cell_type": "code"}]}),
    ],
)
def test_what_other_tools_read_is_taken_as_it_is(content: bytes) -> None:
    assert checked(content) == content


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it is not JSON: it is empty"),
        (b"hello", "it is not JSON: Expecting value in line 1, column 1"),
        (b"\xe9{}", "not JSON in UTF-8"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"{\n<<<<<<< HEAD\n", "conflict markers of Git, the first in line 2"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "not a Jupyter notebook: it names no nbformat"),
        (b"{}", "not a Jupyter notebook: it names no nbformat"),
        (written({**GOOD, "nbformat": 5}), "nbformat 5, which is newer"),
        (written({**GOOD, "cells": "none"}), "no list of cells"),
        (written({**GOOD, "cells": [CELL, {"cell_type": "sql"}]}), "not know: cell 2 is 'sql'"),
        (written({**GOOD, "cells": [CELL, 1]}), "not know: cell 2 is None"),
        (written({"nbformat": 3, "metadata": {}}), "no worksheets, as notebooks of nbformat 3"),
    ],
)
def test_what_is_no_notebook_is_refused_with_the_reason(content: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says) as caught:
        checked(content)

    assert caught.value.code == "not_a_notebook"
