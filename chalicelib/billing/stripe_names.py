"""What Stripe knows plans, meters and their prices by."""

from chalicelib.plans.catalogue import Meter, Plan


def event_name(meter: Meter) -> str:
    """The name of a meter's events."""
    return f"ramon_{meter.id}"


def lookup_key(sold: Meter | Plan) -> str:
    """The key of the price at which something is sold now, and the id of its product."""
    return f"ramon_{'plan' if isinstance(sold, Plan) else 'meter'}_{sold.id}"
