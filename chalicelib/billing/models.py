"""The table of who pays. Times are whole seconds since 1970-01-01 UTC; money is in dollars."""

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib.core import db
from chalicelib.core.attributes import Integer, MaybeInteger, MaybeMoney, MaybeText, Text


class AccountsOfCustomer(GlobalSecondaryIndex["BillingAccount"]):
    """Whose customer it is."""

    class Meta(db.BaseMeta):
        """Index `by_customer`."""

        index_name = "by_customer"
        projection = KeysOnlyProjection()

    customer_id = Text(hash_key=True)


class BillingAccount(Model):
    """How an account pays: its customer and subscription at Stripe, and its own limit.

    `status` is the subscription's as Stripe tells it. `revision` counts what was applied of
    Stripe's news, `version` what a person changed. `period_end` and `ends_at` are when the plan
    renews or ends; `unpaid_since` is when an invoice first could not be paid. `limit_kind` says
    whether `limit` counts (`own`), the plan's default does (`plan`), or there is none (`none`).
    `free_usd` is what was credited on the UTC day `free_day` (`credited.py`).
    """

    class Meta(db.BaseMeta):
        """Table `billing_accounts`."""

        table_name = db.table("billing_accounts")

    account_id = Text(hash_key=True)
    customer_id = MaybeText()
    subscription_id = MaybeText()
    status = MaybeText()
    period_end = MaybeInteger()
    ends_at = MaybeInteger()
    unpaid_since = MaybeInteger()
    limit_kind = Text(default="plan")
    limit = MaybeMoney()
    free_day = MaybeText()
    free_usd = MaybeMoney()
    version = Integer(default=1)
    revision = Integer(default=0)

    by_customer = AccountsOfCustomer()
