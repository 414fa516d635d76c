"""Notebooks and servers, as the API tells them."""

from collections.abc import Iterator, Sequence

import msgspec

from chalicelib.core import clock
from chalicelib.core.money import micros, rate
from chalicelib.core.views import view
from chalicelib.metering import service as metering
from chalicelib.notebooks import schemas, service
from chalicelib.notebooks.models import Notebook, Server
from chalicelib.notebooks.states import ServerEnd, SourceKind, StartStep
from chalicelib.plans import catalogue


def notebooks(account_id: str, found: Sequence[Notebook]) -> list[schemas.Notebook]:
    """Notebooks of one account, each with what its present server does and costs."""
    if not found:
        return []
    current = service.current_servers(list(found))
    plan = service.plan_of(account_id)
    costs = metering.costs(server.id for server in current.values())
    return [_notebook(one, current.get(one.id), plan, costs) for one in found]


def servers(found: Sequence[Server]) -> list[schemas.Server]:
    """Servers of one notebook, with what each cost beyond the plan."""
    costs = metering.costs(server.id for server in found)
    return [_server(server, costs.get(server.id)) for server in found]


def _notebook(
    one: Notebook, server: Server | None, plan: catalogue.Plan, costs: dict[str, metering.Cost]
) -> schemas.Notebook:
    size = catalogue.SIZES.get(one.size)  # a row may name one that is no longer sold
    extra = plan.extra_usd_hour(size.units) if size else None
    return view(
        schemas.Notebook,
        one,
        stages=list(_stages(server)),
        failure=_failure(one),
        last_stop=_last_stop(one),
        keep_until=clock.moment(one.keep_until),
        last_activity_at=server.last_activity_at if server else None,
        memory_bytes=(server.memory_bytes or None) if server else None,
        activity=_activity(server),
        workspace=view(
            schemas.Workspace,
            one,
            quota_bytes=service.limits(plan).alone,
            error=one.workspace_error,
        ),
        cost=_cost(costs.get(server.id)) if server else None,
        price_usd_hour=None if extra is None else rate(extra),
        url=service.origin(one.id),
        source=schemas.Source(SourceKind(one.source_kind), one.source_label),
        purge_at=clock.moment(one.purge_at),
    )


def _stages(server: Server | None) -> Iterator[schemas.Stage]:
    """The steps that have begun, in order; of another version's steps, nothing is said."""
    begun = server.stages.attribute_values if server else {}
    known = [step for step in StartStep if step in begun]
    for step in sorted(known, key=begun.__getitem__):
        yield schemas.Stage(step, clock.moment_of_millis(begun[step]))


def _failure(one: Notebook) -> schemas.Failure | None:
    if one.failure_code is None:
        return None
    return schemas.Failure(ServerEnd(one.failure_code), one.failure_message or "")


def _last_stop(one: Notebook) -> schemas.LastStop | None:
    if one.last_stop_at is None:
        return None
    reason = ServerEnd(one.last_stop_reason or ServerEnd.UNKNOWN)
    return schemas.LastStop(one.last_stop_at, reason, one.last_stop_message or "")


def _activity(server: Server | None) -> schemas.Activity | None:
    if server is None or server.activity is None:
        return None
    try:
        return msgspec.json.decode(server.activity, type=schemas.Activity)
    except msgspec.DecodeError:  # as another version of the service wrote it
        return None


def _cost(cost: metering.Cost | None) -> schemas.Cost | None:
    if cost is None:
        return None
    return schemas.Cost(
        included=cost.is_included,
        rate_usd_hour=rate(cost.usd_hour),
        spent_usd=micros(cost.spent),
        as_of=clock.moment(cost.at),
    )


def _server(server: Server, cost: metering.Cost | None) -> schemas.Server:
    return view(schemas.Server, server, cost_usd=None if cost is None else micros(cost.spent))
