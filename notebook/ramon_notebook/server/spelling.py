"""Names of files as people write them: one name however Unicode composes it, and none that hides.

macOS hands names over decomposed (NFD), other systems composed (NFC). What a page asks for is found
under either form; new files get the composed one. Files that code has made stay as they are.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

_REASONS = {
    "Cc": "a control character",
    "Cs": "a character that is not UTF-8",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
LONGEST = 255
"""Bytes of a file's name that Linux takes; a letter beyond ASCII has two to four."""

_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def as_on_disk(root: Path, path: str) -> str:
    """`path`, relative to `root`, with every part spelled as the file system has it."""
    if path.isascii():
        return path
    parts: list[str] = []
    for part in path.split("/"):
        parts.append(_spelled(root.joinpath(*parts), part))
    return "/".join(parts)


def _spelled(folder: Path, name: str) -> str:
    composed = unicodedata.normalize("NFC", name)
    if name.isascii() or os.path.lexists(folder / name):
        return name
    try:
        there = [each.name for each in folder.iterdir()]
    except OSError:
        there = []
    alike = (other for other in there if unicodedata.normalize("NFC", other) == composed)
    return next(alike, composed)


def problem(name: str) -> str | None:
    """Why no new file may have this name, as a sentence; None if it may."""
    size = len(name.encode(errors="surrogatepass"))
    if size > LONGEST:
        return f"A file's name can have {LONGEST} bytes, and this one has {size}. Shorten it."
    for character in name:
        reason = (
            "a character that reorders text"
            if character in _OVERRIDES
            else _REASONS.get(unicodedata.category(character))
        )
        if reason:
            return (
                f"A file's name can't hold {reason} (U+{ord(character):04X}). Choose another name."
            )
    return None
