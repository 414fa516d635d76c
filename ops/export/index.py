"""The index of an export: `index.html` for people, `index.json` for programs."""

from datetime import UTC, datetime
from html import escape
from pathlib import Path
from urllib.parse import quote

import msgspec

from ops.export.export import Exported
from ops.export.folder import INDEX

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Exported notebooks</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem; }}
td, th {{ padding: 0.2rem 1rem 0.2rem 0; text-align: left; vertical-align: top; }}
.number {{ text-align: right; }}
</style>
<h1>Exported notebooks</h1>
<p>{about}</p>
<table><thead><tr><th>Account<th>Notebook<th>Last saved (UTC)<th class="number">Files
<th class="number">Bytes<th>Remarks</tr></thead>
<tbody>
{rows}
</tbody></table>
{problems}
</html>
"""


class Index(msgspec.Struct):
    """What `index.json` says. Times are in milliseconds since 1970, sizes in bytes."""

    stage: str
    finished: bool
    """False while an export is under way, and after one that was cut off."""

    notebooks: list[Exported]


def write(root: Path, index: Index) -> None:
    """Write both, each in one step."""
    _replace(root / INDEX, msgspec.json.format(msgspec.json.encode(index)))
    _replace(root / "index.html", _html(index).encode())


def _html(index: Index) -> str:
    count = len(index.notebooks)
    about = f"{count} notebook{'s' if count != 1 else ''} of the stage {escape(index.stage)}."
    if not index.finished:
        about += " This export was cut off: run the same command again, and it goes on."
    problems = [line for each in index.notebooks for line in each.problems]
    return _PAGE.format(
        about=about,
        rows="\n".join(map(_row, index.notebooks)),
        problems=_problems(problems),
    )


def _row(notebook: Exported) -> str:
    link = f'<a href="{escape(quote(notebook.folder))}/">{escape(notebook.name)}</a>'
    files = sum(each.kind == "file" and not each.problem for each in notebook.files)
    return (
        f"<tr><td>{escape(notebook.account)}<td>{link}<td>{_time(notebook.saved_ms)}"
        f'<td class="number">{files}<td class="number">{notebook.size:,}'
        f"<td>{escape(_remarks(notebook))}</tr>"
    )


def _remarks(notebook: Exported) -> str:
    remarks = [
        "deleted, can still be restored" if notebook.deleted else "",
        "runs; what it had not saved yet is not here" if notebook.state == "running" else "",
        f"{len(notebook.problems)} could not be read or written" if notebook.problems else "",
    ]
    return "; ".join(filter(None, remarks))


def _problems(lines: list[str]) -> str:
    if not lines:
        return ""
    items = "\n".join(f"<li>{escape(line)}" for line in lines)
    return f"<h2>What could not be read or written</h2>\n<ul>\n{items}\n</ul>"


def _time(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "never"
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def _replace(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.write_bytes(content)
    unfinished.replace(path)
