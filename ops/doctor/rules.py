"""The rules of agreement. Each looks at a world and tells what breaks it."""

from collections import Counter
from collections.abc import Callable, Iterator

from ops.doctor import cluster_rules
from ops.doctor.finding import Finding
from ops.doctor.world import Notebook, Route, Server, World

SWEEP_SECONDS = 120
"""How long an expired lease may wait for the reaper: it runs every minute."""
PORT = 8888
"""Where notebooks listen."""


def examine(world: World) -> list[Finding]:
    """All disagreements of a world, in the order of the rules."""
    return [finding for rule in _RULES for finding in rule(world)]


def _tasks(world: World) -> Iterator[Finding]:
    running = [t for t in world.tasks.values() if t.is_notebook and not t.is_over]
    for task in running:
        server = world.live_server(task.server_id)
        if server is None:
            if task.desired_status != "STOPPED":
                message = f"runs for {task.server_id or 'nobody'}, which is no live server"
                yield Finding("task_without_live_server", task.arn, message)
        elif server.task_arn not in (None, task.arn):
            message = f"runs for {server.id}, whose task is {server.task_arn}"
            yield Finding("task_not_of_its_server", task.arn, message)
    for server_id, count in Counter(task.server_id for task in running).items():
        if count > 1:
            yield Finding("several_tasks", server_id, f"has {count} running tasks")


def _servers(world: World) -> Iterator[Finding]:
    for server in world.servers.values():
        if server.is_live:
            yield from _live_server(server, world)
        elif server.is_in_sweeps:
            yield Finding(
                "ended_server_in_sweeps", server.id, "has ended, and sweeps still find it"
            )


def _live_server(server: Server, world: World) -> Iterator[Finding]:
    has_launched = server.state == "running" or server.task_arn is not None
    if has_launched and world.running_task(server.task_arn) is None:
        message = f"is {server.state}, but its task does not run ({server.task_arn})"
        yield Finding("live_server_without_task", server.id, message)
    if not server.is_in_sweeps:
        yield Finding("live_server_not_in_sweeps", server.id, "is live, and no sweep will find it")
    notebook = world.notebooks.get(server.notebook_id)
    if notebook is None or notebook.server_id != server.id:
        message = f"is {server.state}, but not the server of {server.notebook_id}"
        yield Finding("live_server_without_notebook", server.id, message)
    elif notebook.state != server.state:
        message = f"is {server.state}, its notebook {notebook.id} is {notebook.state}"
        yield Finding("server_and_notebook_differ", server.id, message)
    slots = world.slots.get(server.account_id)
    if slots is None or server.id not in slots.server_ids:
        message = f"is {server.state}, but takes no slot of {server.account_id}"
        yield Finding("live_server_without_slot", server.id, message)
    expired = world.now - (server.lease_expires_at or 0)
    if server.state != "stopping" and expired > SWEEP_SECONDS:
        message = f"is {server.state}, but its lease expired {expired} s ago"
        yield Finding("expired_lease", server.id, message)


def _slots(world: World) -> Iterator[Finding]:
    for slots in world.slots.values():
        for server_id in sorted(slots.server_ids):
            server = world.live_server(server_id)
            if server is None or server.account_id != slots.account_id:
                message = f"has a slot for {server_id}, which is no live server of this account"
                yield Finding("slot_without_live_server", slots.account_id, message)


def _notebooks(world: World) -> Iterator[Finding]:
    for notebook in world.notebooks.values():
        if notebook.is_up and world.live_server(notebook.server_id) is None:
            message = f"is {notebook.state}, but {notebook.server_id} is no live server"
            yield Finding("notebook_without_live_server", notebook.id, message)
        route = world.routes.get(notebook.host)
        if route is None:
            yield Finding("notebook_without_route", notebook.id, "has no route")
        else:
            yield from _route_of(notebook, route, world)


def _route_of(notebook: Notebook, route: Route, world: World) -> Iterator[Finding]:
    shown = "deleted" if notebook.is_deleted and not notebook.is_up else notebook.state
    if route.state != shown:
        message = f"shows {route.state}, its notebook is {shown}"
        yield Finding("route_and_notebook_differ", route.host, message)
    if route.state != "running":
        if route.target:
            yield Finding(
                "route_open", route.host, f"is {route.state}, but leads to {route.target}"
            )
        return
    server = world.live_server(route.server_id)
    task = world.running_task(server.task_arn if server else None)
    if task is None:
        message = f"leads to {route.target}, but no task runs for {route.server_id}"
        yield Finding("route_without_task", route.host, message)
    elif route.target != f"http://{task.address}:{PORT}":
        message = f"leads to {route.target}, but the task is at {task.address}"
        yield Finding("route_leads_elsewhere", route.host, message)


def _strays(world: World) -> Iterator[Finding]:
    hosts = {notebook.host for notebook in world.notebooks.values()}
    for route in world.routes.values():
        if route.host not in hosts:
            message = f"belongs to {route.notebook_id}, which does not exist"
            yield Finding("route_without_notebook", route.host, message)


_RULES: tuple[Callable[[World], Iterator[Finding]], ...] = (
    _tasks,
    _servers,
    _slots,
    _notebooks,
    _strays,
    *cluster_rules.RULES,
)
