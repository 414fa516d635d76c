"""Records what accounts store, for the bill."""

from chalicelib.core import clock
from chalicelib.metering import service as metering
from chalicelib.storage import service as storage


def record() -> None:
    """Record what every account stores, by the counter of its bytes."""
    now = clock.seconds()
    counted = (each for each in storage.every_stored() if each.since is not None)
    metering.record_storage(
        {
            each.account_id: metering.Stored(each.bytes, each.byte_seconds(now), each.since or now)
            for each in counted
        }
    )
