"""Tables of what was used. Times are whole seconds since 1970-01-01 UTC; money is in dollars."""

from pynamodb.attributes import MapAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib.core import db
from chalicelib.core.attributes import (
    Integer,
    MaybeInteger,
    MaybeText,
    Money,
    Text,
)


class OpenUses(GlobalSecondaryIndex["Use"]):
    """Everything that is being metered, in shards."""

    class Meta(db.BaseMeta):
        """Index `open`."""

        index_name = "open"
        projection = AllProjection()

    open_shard = Text(hash_key=True)
    id = Text(range_key=True)


class OpenUsesOfAccount(GlobalSecondaryIndex["Use"]):
    """What of one account is being metered."""

    class Meta(db.BaseMeta):
        """Index `open_by_account`."""

        index_name = "open_by_account"
        projection = AllProjection()

    open_account_id = Text(hash_key=True)
    id = Text(range_key=True)


class OpenUsesOfPayer(GlobalSecondaryIndex["Use"]):
    """What one account is charged for at the moment, stored bytes too."""

    class Meta(db.BaseMeta):
        """Index `open_by_payer`."""

        index_name = "open_by_payer"
        projection = AllProjection()

    open_payer_id = Text(hash_key=True)
    id = Text(range_key=True)


class Use(Model):
    """Something that is used and paid for, from its start to its end: a server, a worker, storage.

    `account_id` uses it, `payer_id` is charged. `units` is what it uses at a time, by meter, and
    `included` the part of it that the plan has paid for. `metered_until` and `seq` move together,
    in `ledger.py` alone: everything before `metered_until` is in segments, once. `ended_at` is the
    provider's own stop time; where `credit` says why the use costs nothing, it is the start.
    `byte_seconds` is how much of what the counter of stored bytes says is in segments.
    `open_shard`, `open_account_id` and `open_payer_id` are there until its last second is recorded.
    """

    class Meta(db.BaseMeta):
        """Table `uses`."""

        table_name = db.table("uses")

    id = Text(hash_key=True)
    account_id = Text()
    payer_id = Text()
    resource_id = Text()
    kind = Text()
    name = Text()
    size = MaybeText()
    plan = Text()
    units: MapAttribute[str, int] = MapAttribute()
    included: MapAttribute[str, int] = MapAttribute()
    started_at = Integer()
    metered_until = Integer()
    ended_at = MaybeInteger()
    seq = Integer(default=0)
    amount = Money()
    byte_seconds = Integer(default=0)
    credit = MaybeText()
    open_shard = MaybeText()
    open_account_id = MaybeText()
    open_payer_id = MaybeText()

    open = OpenUses()
    open_by_account = OpenUsesOfAccount()
    open_by_payer = OpenUsesOfPayer()


class SegmentsOfAccount(GlobalSecondaryIndex["Segment"]):
    """What one account used, in the order in which it was billed."""

    class Meta(db.BaseMeta):
        """Index `by_account`."""

        index_name = "by_account"
        projection = AllProjection()

    account_id = Text(hash_key=True)
    hour = Integer(range_key=True)


class SegmentsOfPayer(GlobalSecondaryIndex["Segment"]):
    """What one account was charged for, in the order in which it was billed."""

    class Meta(db.BaseMeta):
        """Index `by_payer`."""

        index_name = "by_payer"
        projection = AllProjection()

    payer_id = Text(hash_key=True)
    hour = Integer(range_key=True)


class Segment(Model):
    """`[start, end)` of a use: what it used in that time and what that costs. Never changed.

    `sign` is -1 for one that takes back what an earlier one had too much. `hour` is the start of
    the UTC hour that it is billed in; `carried_from` the one in which it fell, where its month
    was closed by then. `prices` (dollars a count) and `per` (seconds of one unit that make a count)
    are the rates that were in force when it was written: later ones change nothing.
    """

    class Meta(db.BaseMeta):
        """Table `usage_segments`."""

        table_name = db.table("usage_segments")

    use_id = Text(hash_key=True)
    seq = Integer(range_key=True)
    account_id = Text()
    payer_id = Text()
    resource_id = Text()
    kind = Text()
    name = Text()
    size = MaybeText()
    start = Integer()
    end = Integer()
    sign = Integer()
    hour = Integer()
    carried_from = MaybeInteger()
    plan = Text()
    units: MapAttribute[str, int] = MapAttribute()
    included: MapAttribute[str, int] = MapAttribute()
    prices: MapAttribute[str, str] = MapAttribute()
    per: MapAttribute[str, int] = MapAttribute()
    amount = Money()
    note = MaybeText()

    by_account = SegmentsOfAccount()
    by_payer = SegmentsOfPayer()


class Entry(Model):
    """One side of a booking. The two sides of a segment add up to nothing.

    `book` is a payer's month, `acc_…:2026-11`; `side` is `receivable` (what the payer owes,
    positive) or `income` (negative).
    """

    class Meta(db.BaseMeta):
        """Table `ledger_entries`."""

        table_name = db.table("ledger_entries")

    book = Text(hash_key=True)
    id = Text(range_key=True)
    side = Text()
    amount = Money()
    use_id = Text()
    seq = Integer()


class UsageDay(Model):
    """What a resource used of one meter in one UTC day: the sum of its segments, for plots.

    It is there for whoever may want to know: `reader_id` is the account that used it, and, in a row
    of its own, the payer if that is another. `slot` is `2026-11-23#<resource>#<meter>#<payer>`.
    """

    class Meta(db.BaseMeta):
        """Table `usage_days`."""

        table_name = db.table("usage_days")

    reader_id = Text(hash_key=True)
    slot = Text(range_key=True)
    account_id = Text()
    payer_id = Text()
    resource_id = Text()
    kind = Text()
    name = Text()
    meter = Text()
    seconds = Integer()
    quantity = Integer()
    included = Integer()
    amount = Money()


class OpenMonths(GlobalSecondaryIndex["UsageMonth"]):
    """Months that may still be billed to."""

    class Meta(db.BaseMeta):
        """Index `open`."""

        index_name = "open"
        projection = KeysOnlyProjection()

    open_shard = Text(hash_key=True)
    month = Text(range_key=True)


class UsageMonth(Model):
    """What an account is charged for usage in one month: the sum of the segments that it pays.

    Once `closed_at` is set, nothing is billed to it any more.
    """

    class Meta(db.BaseMeta):
        """Table `usage_months`."""

        table_name = db.table("usage_months")

    payer_id = Text(hash_key=True)
    month = Text(range_key=True)
    amount = Money()
    closed_at = MaybeInteger()
    open_shard = MaybeText()

    open = OpenMonths()

    @property
    def id(self) -> str:
        """What it is called in logs and where a sweep stopped."""
        return f"{self.payer_id}:{self.month}"


class DueHours(GlobalSecondaryIndex["MeterHour"]):
    """Hours that wait to be sealed or sent, by the second at which that is due."""

    class Meta(db.BaseMeta):
        """Index `due`."""

        index_name = "due"
        projection = AllProjection()

    due_shard = Text(hash_key=True)
    due_at = Integer(range_key=True)


class MeterHour(Model):
    """What a payer is charged of a meter in a UTC hour, for what one account used.

    `key` is `<payer>:<meter>`, `slot` is `2026-11-23T05:<account>:<revision>`. While `open` it is
    added to; once `sealed`, `message` is what tells of it, and nothing changes but what became of
    it (`hours.py`).
    """

    class Meta(db.BaseMeta):
        """Table `meter_hours`."""

        table_name = db.table("meter_hours")

    key = Text(hash_key=True)
    slot = Text(range_key=True)
    payer_id = Text()
    account_id = Text()
    meter = Text()
    hour = Integer()
    revision = Integer()
    quantity = Integer()
    amount = Money()
    state = Text()
    message = MaybeText()
    first_sent_at = MaybeInteger()
    attempts = Integer(default=0)
    settled_at = MaybeInteger()
    outcome = MaybeText()
    due_shard = MaybeText()
    due_at = MaybeInteger()

    due = DueHours()
