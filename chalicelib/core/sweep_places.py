"""Where sweeps stopped when their time was over."""

from pynamodb.models import Model

from chalicelib.core import db
from chalicelib.core.attributes import Text

MOST_NAMES = 1000
"""So many may end by themselves before the next run, and it still goes on after them."""


class SweepPlace(Model):
    """The items that the sweep `name` did not come to; there is none if it came to all.

    `subject` has their names in order, a line each, at most `MOST_NAMES` of them.
    """

    class Meta(db.BaseMeta):
        """Table `sweep_places`."""

        table_name = db.table("sweep_places")

    name = Text(hash_key=True)
    subject = Text()


def read(name: str) -> list[str]:
    """The items that the last run of a sweep did not come to, the next one first."""
    found = db.find_readable(SweepPlace, name)
    return found.subject.split("\n") if found else []


def write(name: str, left: list[str]) -> None:
    """Remember what a sweep did not come to; nothing: it came to all."""
    if left:
        SweepPlace(name, subject="\n".join(left[:MOST_NAMES])).save()
    else:
        SweepPlace(name).delete()
