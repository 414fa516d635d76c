r"""Names for files that are unpacked anywhere: on Windows and macOS, by whatever program.

A path of Linux may mean something else there: `..\x` climbs out of a folder, `C:x` is on a drive,
`CON` is a device, and `Data` and `data`, or two spellings of `é`, are one file.
"""

import posixpath
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from chalicelib.workspaces.tree import LONGEST_NAME

_FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]')
"""What Windows takes in no name, control characters, and what turns the direction of writing."""
_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\.|$)", re.IGNORECASE
)
"""Names of devices; what follows the first point does not matter to Windows."""


def harmless(name: str) -> str:
    """A name of one file or folder with nothing in it that means something elsewhere."""
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", name))
    if name.endswith((".", " ")):  # Windows drops these
        name = name[:-1] + "_"
    if _DEVICE.match(name):
        name = "_" + name
    return _cut(name)


class ArchiveNames:
    """The paths that the paths of a workspace have in an archive: harmless, and no two the same.

    A path that is harmless as it is stays so.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._given: dict[str, str] = {"": ""}
        self._taken: defaultdict[str, set[str]] = defaultdict(set)
        for path in sorted(paths, key=lambda path: (_harmless_path(path) != path, path)):
            self._give(path)

    def of(self, path: str) -> str:
        """The path in the archive of a path of the workspace, also of a folder or of none there."""
        if path in self._given:
            return self._given[path]
        return posixpath.join(self.of(posixpath.dirname(path)), harmless(posixpath.basename(path)))

    def _give(self, path: str) -> None:
        if path in self._given:
            return
        folder = posixpath.dirname(path)
        self._give(folder)
        name = self._free(folder, harmless(posixpath.basename(path)))
        self._taken[folder].add(_key(name))
        self._given[path] = posixpath.join(self._given[folder], name)

    def _free(self, folder: str, name: str) -> str:
        stem, extension = posixpath.splitext(name)
        number, free = 1, name
        while _key(free) in self._taken[folder]:
            number += 1
            free = _cut(stem, f" ({number}){extension}")
        return free


def _harmless_path(path: str) -> str:
    return "/".join(map(harmless, path.split("/")))


def _key(name: str) -> str:
    """What two names have in common that are one file on macOS or Windows."""
    return unicodedata.normalize("NFC", name.casefold())


def _cut(stem: str, rest: str = "") -> str:
    """A name that is not too long for Linux; cut where it is."""
    room = LONGEST_NAME - len(rest.encode())
    return stem.encode()[:room].decode(errors="ignore") + rest
