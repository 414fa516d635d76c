"""What clusters cost: an hour of them, so far, and against their budgets."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from chalicelib.clusters import attempts, lifecycle
from chalicelib.clusters.agent_schemas import CreateCluster
from chalicelib.clusters.models import Cluster
from chalicelib.clusters.states import ClusterEnd, Purchase
from chalicelib.core import clock
from chalicelib.core.errors import Invalid
from chalicelib.metering import service as metering
from chalicelib.metering.service import Spending
from chalicelib.plans import catalogue

CHECK_SECONDS = 60
"""How often budgets are looked at (the schedule of `meter_clusters`)."""
STOP_SECONDS = 60
"""How long workers run on once a cluster is stopped: half a minute in which its agent saves
results, and what Batch takes to end their jobs."""
_AHEAD = CHECK_SECONDS + STOP_SECONDS
"""For how long a budget must do at each look, so that it isn't passed before all workers end."""
_CENT = Decimal("0.01")


def worker_usd_hour(cluster: Cluster) -> Decimal:
    """What an hour of the next worker costs, on the computer that it gets first."""
    return catalogue.price_of_hour(attempts.units_of(cluster, lifecycle.kind_of(cluster)))


def dearest_units(cluster: Cluster | CreateCluster) -> catalogue.Units:
    """What one worker uses at a time, by meter, if it comes as dear as it may.

    Where a computer that isn't spare may take a spare one's place, it is that one.
    """
    return catalogue.units(
        vcpu=cluster.vcpu,
        memory_gib=cluster.memory_gib,
        gpu=cluster.gpu,
        spot=cluster.purchase == Purchase.SPOT,
    )


def of(clusters: Sequence[Cluster]) -> dict[str, Spending]:
    """What these clusters of one account have cost, and cost now."""
    known = {
        cluster.id: Spending(cluster.spent, Decimal(0), clock.seconds(), frozenset())
        for cluster in clusters
        if cluster.spent is not None
    }
    others = {c.id: clock.second_of(c.created_at) for c in clusters if c.id not in known}
    if others:
        known |= metering.spending(clusters[0].account_id, others)
    return known


def require_budget(budget: Decimal | None, workers: int, usd_hour: Decimal) -> None:
    """Raises `Invalid` (`budget_too_small`) if it would be used up before it can be kept."""
    least = usd_hour * workers * _AHEAD / catalogue.HOUR
    if budget is not None and budget < least:
        cents = least.quantize(_CENT, ROUND_CEILING)
        raise Invalid(
            f"This budget would be used up within {_AHEAD // 60} minutes. {workers} such workers "
            f"need at least ${cents}; take a larger budget, or fewer or smaller workers.",
            code="budget_too_small",
            field="budget_usd",
            least_usd=f"{cents}",
        )


def dollars(amount: Decimal) -> str:
    """An amount to the cent, or as precisely as it was given."""
    exact = amount.quantize(_CENT)
    return f"{exact}" if exact == amount else f"{amount.normalize():f}"


def keep_budget(cluster: Cluster) -> None:
    """Stop a cluster that would pass its budget, were it stopped only at the next look.

    Whatever Batch has started counts, whether it has joined or not. Workers that start between two
    looks count from the next one on: that bounds by how much a budget may be passed.
    """
    if cluster.budget is None or not lifecycle.is_wanted(cluster):
        return
    spending = of([cluster])[cluster.id]
    if spending.spent + spending.usd_second * _AHEAD > cluster.budget:
        message = f"{_used(spending.spent, cluster.budget)} Finished results are kept."
        lifecycle.ask_to_stop(cluster, ClusterEnd.BUDGET, message)


def _used(spent: Decimal, budget: Decimal) -> str:
    """How much of a budget is used, as it is: a stop comes before all of it is."""
    if spent >= budget:
        return f"Its budget of ${dollars(budget)} is used up."
    cost = f"${_below(spent, budget)}" if spent else "nothing yet"
    return (
        f"It has cost {cost} of its budget of ${dollars(budget)}, and might have passed it within "
        f"{_AHEAD // 60} minutes."
    )


def _below(spent: Decimal, budget: Decimal) -> str:
    """What was spent, rounded down, in so many digits that it is neither nothing nor the budget.

    To the cent, or to two digits of it if it is less, and as precisely as the budget was given.
    """
    given = -int(budget.normalize().as_tuple().exponent)
    digits = max(2, given, 1 - spent.adjusted() if spent < _CENT else 0)
    return f"{spent.quantize(Decimal(1).scaleb(-digits), ROUND_FLOOR):f}"
