"""The form of the file that has the state of all AWS services: a line of JSON for each of them."""

from pathlib import Path

import msgspec

NAME = "state.jsonl"

NOTHING = '["nothing", {}]\n'
"""What is written when no service has a state: an empty file is one that was cut off."""


class DamagedError(Exception):
    """The file is not what was written; the message says how."""


def check(file: Path) -> None:
    """Raise `DamagedError` unless the file is whole, or there is none yet. Writes nothing."""
    lines = 0
    try:
        with file.open("rb") as stream:
            for lines, line in enumerate(stream, start=1):
                if not line.endswith(b"\n"):
                    raise DamagedError(f"{file} is cut off in line {lines}.")
                msgspec.json.decode(line.decode(), type=tuple[str, dict[str, msgspec.Raw]])
    except FileNotFoundError:
        return
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedError(f"Line {lines + 1} of {file} can't be read: {error}.") from error
    except OSError as error:
        raise DamagedError(f"{file} can't be read: {error.strerror}.") from error
    if not lines:
        raise DamagedError(f"{file} is empty.")
