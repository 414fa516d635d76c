"""Names of folders for accounts and notebooks, and which paths of files may be written."""

import posixpath
import re
import unicodedata

from ops.export.reader import Entry, Unreadable

_LONGEST = 160
"""Bytes of a folder's name that come from a notebook's; most disks take 255 in all."""

_FORBIDDEN = re.compile(r'[\\/:*?"<>|]')
"""What some file systems keep for themselves."""

_JOINERS = "\u200c\u200d"
"""Invisible characters that belong to words of some scripts; others only mislead."""


def folder(name: str, unique: str) -> str:
    """A folder's name that says what is in it, and is nobody else's: `Random walks (nb_…)`."""
    return f"{shown(name)} ({shown(unique)})"


def shown(name: str) -> str:
    """A name as one harmless part of a path, and on one line of a terminal."""
    safe = _FORBIDDEN.sub("_", "".join(map(_plain, name)))
    short = safe.encode(errors="replace")[:_LONGEST].decode(errors="ignore").strip(" .")
    return short or "unnamed"


def _plain(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cf" and character not in _JOINERS:
        return ""
    return " " if kind in ("Cc", "Cs", "Zl", "Zp", "Zs") else character


def parts(entry: Entry) -> list[str]:
    """The parts of an entry's path. Raises `Unreadable` for one that leads anywhere else."""
    found = entry.path.split("/")
    if "\0" in entry.path or any(part in ("", ".", "..") for part in found):
        raise Unreadable("its path leads out of the notebook")
    return found


def target(entry: Entry) -> str:
    """Where a symlink points. Raises `Unreadable` unless that is in the notebook."""
    wanted = entry.target or ""
    reached = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), wanted))
    outside = wanted.startswith("/") or reached == ".." or reached.startswith("../")
    if not wanted or "\0" in wanted or outside:
        raise Unreadable(f"this link leads out of the notebook: {shown(wanted)}")
    return wanted
