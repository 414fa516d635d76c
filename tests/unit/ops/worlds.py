"""Worlds in which everything agrees, for hypothesis to draw from."""

from hypothesis import strategies as st

from ops.doctor.world import LIVE_STATES, Notebook, Route, Server, Slots, Task, World

NOW = 1_800_000_000
ACCOUNTS = ("acc_ada", "acc_grace")
STATES = ("stopped", "failed", *sorted(LIVE_STATES))


@st.composite
def agreeing(draw: st.DrawFn, *, need: str | None = None) -> World:
    """A world without a disagreement; with `need`, its first notebook is in that state."""
    states = draw(st.lists(st.sampled_from(STATES), max_size=5))
    if need:
        states = [need, *states]
    world = World(NOW)
    for number, state in enumerate(states):
        _add(world, draw, number, state)
    return world


def _add(world: World, draw: st.DrawFn, number: int, state: str) -> None:
    account = draw(st.sampled_from(ACCOUNTS))
    has_ended_server = draw(st.booleans())
    is_up = state in LIVE_STATES
    server_id = f"srv_{number}" if is_up or has_ended_server else None
    notebook = Notebook(f"nb_{number}", account, state, server_id, draw(st.booleans()))
    task = _task(draw, number, state) if server_id else None
    if server_id:
        server_state = state if is_up else "ended"
        world.servers[server_id] = _server(notebook, server_state, task)
    if task:
        world.tasks[task.arn] = task
    if is_up and server_id:
        taken = world.slots.get(account, Slots(account, frozenset()))
        world.slots[account] = Slots(account, taken.server_ids | {server_id})
    world.notebooks[notebook.id] = notebook
    world.routes[notebook.host] = _route(notebook, task)


def _task(draw: st.DrawFn, number: int, state: str) -> Task | None:
    if state == "starting" and draw(st.booleans()):
        return None  # not launched yet
    status = "RUNNING" if state in LIVE_STATES else "STOPPED"
    desired = "STOPPED" if state == "stopping" else status
    arn = f"arn:task/{number}"
    return Task(arn, "ramon-dev-notebook", f"srv_{number}", status, desired, f"10.64.64.{number}")


def _server(notebook: Notebook, state: str, task: Task | None) -> Server:
    is_live = state in LIVE_STATES
    return Server(
        id=notebook.server_id or "",
        notebook_id=notebook.id,
        account_id=notebook.account_id,
        state=state,
        task_arn=task.arn if task else None,
        is_in_sweeps=is_live,
        lease_expires_at=NOW + 60 if is_live else None,
    )


def _route(notebook: Notebook, task: Task | None) -> Route:
    shown = "deleted" if notebook.is_deleted and not notebook.is_up else notebook.state
    target = f"http://{task.address}:8888" if task and shown == "running" else None
    server_id = notebook.server_id if notebook.is_up else None
    return Route(notebook.host, notebook.id, shown, target, server_id)
