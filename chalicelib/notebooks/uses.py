"""When a server is paid for: from ECS's own start of its task to ECS's own stop.

Its agent runs beside the account's code. When it says that it is ready, or that it lives, decides
what is shown and who is waited for, and never lowers what is owed.
"""

from datetime import datetime

from chalicelib.billing import service as billing
from chalicelib.core import clock, db
from chalicelib.metering import service as metering
from chalicelib.notebooks import fargate, stop_reasons
from chalicelib.notebooks.models import Notebook, Server
from chalicelib.notebooks.states import ServerState
from chalicelib.plans import catalogue


@db.when_contended
def begin(server: Server, at: datetime) -> None:
    """ECS has started the task of a server: it is metered from then on, usable yet or not.

    Asked twice, or once the server has ended, does nothing more.
    """
    if server.started_at is not None or server.state == ServerState.ENDED:
        return
    try:
        with db.transaction() as write:
            metering.open_in(write, _use(server, at))
            write.update(
                "server",
                server,
                [Server.started_at.set(at)],
                condition=(Server.state != ServerState.ENDED) & Server.started_at.does_not_exist(),
            )
    except db.Refused as refused:
        _take_over(server, refused)
    else:
        server.refresh(consistent_read=True)


def _take_over(server: Server, refused: db.Refused) -> None:
    """Somebody has begun this use: at this moment, or when it was opened with the route."""
    server.refresh(consistent_read=True)
    if server.started_at is not None or server.state == ServerState.ENDED:
        return
    begun = metering.spans([server.id]).get(server.id)
    if begun is None:
        raise db.Contended from refused
    is_unknown = (Server.state != ServerState.ENDED) & Server.started_at.does_not_exist()
    db.update_if(server, is_unknown, [Server.started_at.set(clock.moment(begun.started_at))])


def _use(server: Server, at: datetime) -> metering.NewUse:
    notebook = Notebook.get(server.notebook_id, consistent_read=True)
    return metering.NewUse(
        use_id=server.id,
        account_id=server.account_id,
        resource_id=notebook.id,
        kind=metering.Kind.NOTEBOOK,
        name=notebook.name,
        size=server.size,
        units=catalogue.size(server.size).units,
        started_at=clock.second_of(at),
    )


def begin_if_started(server: Server, task: fargate.Task | None) -> None:
    """Meter a server if ECS says that its task has started.

    If ECS knows nothing of the task any more, the opening of the route is what there is.
    """
    at = (task.started_at if task else None) or server.opened_at
    if at is not None:
        begin(server, at)


def end_in(
    write: db.Writes, server: Server, why: stop_reasons.End, task: fargate.Task | None, at: datetime
) -> None:
    """End the use of a server that has ended at a moment, in the transaction that says so."""
    if server.started_at is None:
        return
    fault = stop_reasons.fault(server, why, task)
    second = clock.second_of(at)
    credit = billing.credit(server.id, second, fault) if fault else None
    if credit:
        billing.credit_in(write, credit)
    else:
        metering.end_in(write, server.id, second)


def last_seen(server: Server, reported_at: int | None) -> datetime:
    """When a server ended of whose task ECS knows nothing.

    The last moment at which ECS said that it ran, as far as that is recorded; or that at which its
    agent reported, if that was later. Now, if it never started.
    """
    now = clock.now()
    begun = server.started_at or server.opened_at
    if begun is None:
        return now
    recorded = metering.recorded_until(server.id) or 0
    return min(now, max(begun, clock.moment(max(recorded, reported_at or 0))))
