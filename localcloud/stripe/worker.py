"""What happens by itself, in order of time: counting, period ends, finalising, retries, expiry."""

import logging

from localcloud.stripe.billing import collection, cycle, metering
from localcloud.stripe.context import Context
from localcloud.stripe.parameters import Json
from localcloud.stripe.resources import checkout_sessions
from localcloud.stripe.stand_in import StandIn

logger = logging.getLogger(__name__)


def do_due(stand_in: StandIn) -> None:
    """Do everything that is due by now, each as if at its own time."""
    now = stand_in.clock.seconds()
    while True:
        _count(stand_in)
        coming = stand_in.store.next_due()
        if coming is None or coming[0] > now:
            return
        at, id_ = coming
        with stand_in.store.transaction():
            _do(stand_in.context(now=at), id_)


def next_due(stand_in: StandIn) -> int | None:
    """When there is something to do next, in seconds since 1970."""
    coming = stand_in.store.next_due()
    return coming[0] if coming else None


def _count(stand_in: StandIn) -> None:
    with stand_in.store.transaction():
        metering.count_pending(stand_in.context())


def _do(ctx: Context, id_: str) -> None:
    body: Json | None = ctx.store.find(id_)
    if body is None:
        return
    kind = body["object"]
    logger.info("%s %s is due", kind, id_)
    if kind == "subscription":
        cycle.turn(ctx, body)
    elif kind == "checkout.session":
        checkout_sessions.close(ctx, body)
    elif body["status"] == "draft":
        collection.finalize_and_charge(ctx, body)
    else:
        collection.charge(ctx, body)
