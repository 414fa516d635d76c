"""When a file was made: Linux knows it, and Python 3.11 does not ask (statx(2))."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

_HERE = -100
"""AT_FDCWD: a relative path begins at the working directory."""

_BIRTH = 0x800
"""STATX_BTIME: the birth is asked for, and was told."""

_MASK = struct.Struct("=I")
_TIME = struct.Struct("=qI")
_SIZE, _TIME_AT = 256, 80
"""Of `struct statx`, in bytes: all of it, and where the birth begins."""


def born_at(path: Path) -> float | None:
    """Seconds since 1970; None where there is no file, or the system does not know."""
    try:
        statx = ctypes.CDLL(None).statx
    except AttributeError:
        return None
    answer = ctypes.create_string_buffer(_SIZE)
    if statx(_HERE, os.fsencode(path), 0, _BIRTH, answer) != 0:
        return None
    if not _MASK.unpack_from(answer)[0] & _BIRTH:
        return None
    seconds, nanoseconds = _TIME.unpack_from(answer, _TIME_AT)
    return float(seconds + nanoseconds / 1e9)
