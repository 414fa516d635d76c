"""Where sweeps stopped when their time was over."""

from pynamodb.models import Model

from chalicelib.core import db
from chalicelib.core.attributes import Text


class SweepPlace(Model):
    """The first item that the sweep `name` did not come to; there is none if it came to all."""

    class Meta(db.BaseMeta):
        """Table `sweep_places`."""

        table_name = db.table("sweep_places")

    name = Text(hash_key=True)
    subject = Text()


def read(name: str) -> str | None:
    """The item that the last run of a sweep did not come to, if it did not come to all."""
    found = db.find_readable(SweepPlace, name)
    return found.subject if found else None


def write(name: str, subject: str | None) -> None:
    """Remember where a sweep stopped; None: it came to all."""
    if subject is None:
        SweepPlace(name).delete()
    else:
        SweepPlace(name, subject=subject).save()
