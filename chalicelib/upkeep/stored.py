"""Records what accounts store, for the bill."""

from chalicelib.core import sweeps
from chalicelib.metering import service as metering
from chalicelib.notebooks import kept as notebooks
from chalicelib.upkeep import features


def sample() -> None:
    """Record what every account stores now."""
    stored: dict[str, int] = {}

    def look_at(account_id: str) -> None:
        stored[account_id] = features.stored_bytes(account_id)

    sweeps.each("storage was not sampled", sorted(notebooks.accounts()), look_at)
    metering.sample_storage(stored)
