"""Which state a state directory holds: `state.json` in it, read before anything is written there.

It has two versions: that of the service's records, and that of the stand-in's own files.
"""

from pathlib import Path

import msgspec

from localcloud import snapshot_file
from localcloud.files import write_json
from ops.state import advice, commit, version
from ops.state.upgrades import UPGRADES
from ops.state.version import Needed, Refused, State

STAND_IN = 1
"""The version of the stand-in's own files: AWS's state, tasks, jobs, Stripe's database. It rises
when the code can't read what earlier code wrote; there are no upgrades of it."""

SHAPES = "7dbffffa21233b11"
"""A fingerprint of those files' shapes, by which a test notices that they have changed."""


class OtherStateError(RuntimeError):
    """The directory holds state that this code can't use; the message says what to do."""


class Mark(msgspec.Struct, frozen=True):
    """What `state.json` says: who wrote the directory last."""

    stand_in: int
    records: State


class StateVersion:
    """The version of one state directory."""

    def __init__(self, directory: Path, needed: Needed | None = None) -> None:
        self._directory = directory
        self._file = directory / "state.json"
        self._needed = needed or version.needed()
        self._upgrades = False

    def check(self) -> None:
        """Raise `OtherStateError` unless this code can use what is there. Writes nothing."""
        self._first_step()

    def begin(self) -> None:
        """Note that this code writes into the directory from now on. Raises `OtherStateError`."""
        first = self._first_step()
        self._upgrades = first is not None
        self._write(upgraded_from=first)

    def finish(self) -> None:
        """Note that all records have this code's shapes: it is deployed, and upgrades are done."""
        if self._upgrades:
            self._write(upgraded_from=None)

    def _first_step(self) -> int | None:
        """The version from which to upgrade, if it is an earlier one."""
        if not (self._directory / "aws").exists():
            return None  # nothing is in there yet
        mark = None
        try:
            mark = self._read()
            way = version.steps(mark.records if mark else None, self._needed, UPGRADES)
            if mark and mark.stand_in != STAND_IN:
                raise Refused(
                    f"The stand-in's own files are of version {mark.stand_in}; this code reads "
                    f"version {STAND_IN}."
                )
        except Refused as why:
            there = mark.records if mark else None
            message = advice.about_folder(self._directory, why, there, self._needed)
            raise OtherStateError(message) from why
        self._require_whole_snapshot()
        return way.start if way else None

    def _require_whole_snapshot(self) -> None:
        """Raise `OtherStateError` if the AWS part can't be loaded, and say what to do."""
        snapshot = self._directory / "aws" / snapshot_file.NAME
        try:
            snapshot_file.check(snapshot)
        except snapshot_file.DamagedError as why:
            raise OtherStateError(advice.about_damage(self._directory, str(why))) from why

    def _read(self) -> Mark | None:
        if not self._file.exists():
            return None
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Mark)
        except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
            raise Refused(f"{self._file.name} in it can't be read: {error}.") from error

    def _write(self, upgraded_from: int | None) -> None:
        state = version.written_by(self._needed, commit.present(), upgraded_from)
        write_json(self._file, msgspec.to_builtins(Mark(STAND_IN, state)))
