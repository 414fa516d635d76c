"""Whatever happens in whatever order, no server, slot, route or task is ever left over.

The tables behave as DynamoDB's; ECS and Step Functions are fakes, because here the test decides
when a task dies, when an event comes (late, twice, or never), and which step runs twice.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chalicelib.core import clock, errors, hearing, ids
from chalicelib.metering import service as metering
from chalicelib.notebooks import agent, audit, deletion, fargate, jobs, lifecycle, models, service
from chalicelib.notebooks.agent_schemas import Heartbeat
from ops.doctor.rules import examine
from ops.doctor.world import Notebook, Route, Server, Slots, Task, World
from tests.fakes import Execution, event_of
from tests.unit.notebooks.world import ACCOUNT, worlds

AT_ONCE = 2
NOTEBOOKS = 3
HEARD_MINUTES = 8
"""Longer than any lease."""
OPEN_TRIES = 3
"""Times that the step is tried which opens the route."""
EXAMPLES = int(os.environ.get("EXAMPLES", "8"))
"""Histories that are tried; every one has thirty steps. A longer run: EXAMPLES=500."""


class Lifecycles(RuleBasedStateMachine):
    """An account with a few notebooks, and everything that can happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.world = self.stack.enter_context(worlds())
        self.ecs, self.machines = self.world.ecs, self.world.machines
        self.notebooks = [self.world.notebook().id for _ in range(NOTEBOOKS)]

    def teardown(self) -> None:
        try:
            self._settle()
            assert examine(self._world()) == []
            assert not [task for task in self.ecs.tasks.values() if self._is_stray(task)]
            for month in metering.recent_months():
                assert list(audit.differing(ACCOUNT, month)) == []
        finally:
            self.stack.close()

    # What people do

    @rule(which=st.integers(0, NOTEBOOKS - 1))
    def start(self, which: int) -> None:
        notebook = service.read(ACCOUNT, self.notebooks[which])
        secret = ids.new_secret()
        self._allowing(lambda: self._start(notebook, secret))

    def _start(self, notebook: Any, secret: str) -> None:
        if notebook.deleted_at is not None:
            return
        server = lifecycle.admit(notebook, AT_ONCE, ids.digest(secret))
        token = f"{server.id}.{secret}"
        self.machines.begin_start({**lifecycle.work(server), "agent_token": token})

    @rule(which=st.integers(0, NOTEBOOKS - 1))
    def stop(self, which: int) -> None:
        self._allowing(lambda: service.stop(ACCOUNT, self.notebooks[which]))

    @rule(which=st.integers(0, NOTEBOOKS - 1))
    def delete(self, which: int) -> None:
        self._allowing(lambda: deletion.delete(ACCOUNT, self.notebooks[which]))

    @rule(which=st.integers(0, NOTEBOOKS - 1))
    def restore(self, which: int) -> None:
        self._allowing(lambda: deletion.restore(ACCOUNT, self.notebooks[which]))

    def _allowing(self, action: Callable[[], object]) -> None:
        with suppress(errors.Conflict, ConnectionError):
            action()

    # What machines do

    @precondition(lambda self: self.machines.ready)
    @rule(data=st.data(), twice=st.booleans())
    def a_step_runs(self, data: st.DataObject, twice: bool) -> None:
        ready = self.machines.ready
        self._run(ready[data.draw(st.integers(0, len(ready) - 1))], twice=twice)

    def _run(self, execution: Execution, *, twice: bool = False) -> None:
        step = execution.step
        for _ in range(2 if twice else 1):
            self._step(execution, step)

    def _step(self, execution: Execution, step: str) -> None:
        event = {**execution.work, "task_token": execution.token}
        waits = step in ("launch", "stop")
        execution.is_waiting = waits
        if not waits:
            execution.step = "done"
        try:
            getattr(jobs, f"{step}_server")(event)
        except fargate.LaunchRefused:
            execution.step, execution.is_waiting = "fail", False
        except (jobs.StillRunning, ConnectionError):
            execution.step = step
        except jobs.NoAddressYet:
            execution.tries += 1
            execution.step = step if execution.tries < OPEN_TRIES else "fail"

    @precondition(lambda self: any(not task.is_over for task in self.ecs.tasks.values()))
    @rule(data=st.data())
    def an_agent_is_ready(self, data: st.DataObject) -> None:
        server = self._server_of_a_running_task(data)
        if server.state != "ended":
            agent.ready(server)

    @precondition(lambda self: any(not task.is_over for task in self.ecs.tasks.values()))
    @rule(data=st.data(), code=st.sampled_from([0, 1, 70, 75, 137]))
    def a_task_dies(self, data: st.DataObject, code: int) -> None:
        self.ecs.die(self._server_of_a_running_task(data).id.join(["arn:task/", ""]), code)

    def _server_of_a_running_task(self, data: st.DataObject) -> Any:
        running = sorted(t.server_id for t in self.ecs.tasks.values() if not t.is_over)
        return lifecycle.read_server(running[data.draw(st.integers(0, len(running) - 1))])

    @precondition(lambda self: self.ecs.events)
    @rule(data=st.data(), again=st.booleans())
    def an_event_comes(self, data: st.DataObject, again: bool) -> None:
        which = data.draw(st.integers(0, len(self.ecs.events) - 1))
        task = self.ecs.events[which]
        if not again:
            del self.ecs.events[which]
        jobs.on_task_state_change(event_of(task))

    @precondition(lambda self: self.ecs.events)
    @rule()
    def an_event_is_lost(self) -> None:
        self.ecs.events.pop()

    @rule(has_capacity=st.booleans())
    def capacity_comes_and_goes(self, has_capacity: bool) -> None:
        self.ecs.has_capacity = has_capacity

    @rule(knows_tasks=st.booleans())
    def ecs_does_not_know_its_tasks_for_a_while(self, *, knows_tasks: bool) -> None:
        self.ecs.knows_tasks = knows_tasks

    @rule(is_down=st.booleans())
    def step_functions_come_and_go(self, is_down: bool) -> None:
        self.machines.is_down = is_down

    @rule(minutes=st.sampled_from([1, 6, 40]), is_deaf=st.booleans())
    def time_passes_and_sweeps_run(self, *, minutes: int, is_deaf: bool) -> None:
        self._time_passes(minutes, is_deaf=is_deaf)
        self._sweep()

    def _time_passes(self, minutes: int, *, is_deaf: bool = False) -> None:
        """Move the clock; the canary is heard of late, unless the service is deaf."""
        self.world.now += timedelta(minutes=max(0, minutes - HEARD_MINUTES))
        for _ in range(min(minutes, HEARD_MINUTES)):
            self.world.now += timedelta(minutes=1)
            if not is_deaf:
                hearing.note()

    @rule(are_idle=st.booleans())
    def agents_report(self, *, are_idle: bool) -> None:
        used = clock.now() - timedelta(hours=1 if are_idle else 0)
        for task in self.ecs.tasks.values():
            server = lifecycle.read_server(task.server_id)
            if not task.is_over and server.state != "ended":
                agent.heartbeat(server, Heartbeat(used, 0, 0, 1))

    def _sweep(self) -> None:
        for sweep in (jobs.idle_sweep, jobs.lease_reaper, jobs.reconcile):
            self._allowing(sweep)

    # What must always hold

    @invariant()
    def the_plan_is_kept(self) -> None:
        slots = list(models.Slots.query(ACCOUNT))
        assert len(slots[0].servers or ()) <= AT_ONCE if slots else True

    @invariant()
    def no_live_server_is_hidden_from_the_sweeps(self) -> None:
        for server in self._world().servers.values():
            assert server.is_live == server.is_in_sweeps

    def _settle(self) -> None:
        """Everything works again, and time passes: now the service must put itself in order."""
        self.machines.is_down, self.ecs.has_capacity = False, True
        self.ecs.knows_tasks = True
        for _ in range(4):
            self._time_passes(40)
            self._sweep()
            while self.machines.ready:
                self._run(self.machines.ready[0])
            self.ecs.events.clear()

    def _is_stray(self, task: Any) -> bool:
        return not task.is_over and lifecycle.read_server(task.server_id).state == "ended"

    def _world(self) -> World:
        notebooks = [models.Notebook.get(id_, consistent_read=True) for id_ in self.notebooks]
        servers = [s for id_ in self.notebooks for s in models.Server.by_notebook.query(id_)]
        hosts = [lifecycle.host_label(id_) for id_ in self.notebooks]
        routes = [models.Route.get(host, consistent_read=True) for host in hosts]
        slots = list(models.Slots.query(ACCOUNT, consistent_read=True))
        return World(
            now=clock.seconds(),
            tasks={arn: _task(task) for arn, task in self.ecs.tasks.items()},
            servers={s.id: _server(s) for s in servers},
            notebooks={n.id: _notebook(n) for n in notebooks},
            routes={
                r.host: Route(r.host, r.notebook_id, r.state, r.target, r.server_id) for r in routes
            },
            slots={s.account_id: Slots(s.account_id, frozenset(s.servers or ())) for s in slots},
        )


def _task(task: Any) -> Task:
    return Task(
        task.arn, "ramon-local-notebook", task.server_id, task.status, "RUNNING", task.address
    )


def _server(row: Any) -> Server:
    return Server(
        id=row.id,
        notebook_id=row.notebook_id,
        account_id=row.account_id,
        state=row.state,
        task_arn=row.task_arn,
        is_in_sweeps=row.live is not None,
        lease_expires_at=row.lease_expires_at,
    )


def _notebook(row: Any) -> Notebook:
    return Notebook(row.id, row.account_id, row.state, row.server_id, row.deleted_at is not None)


def test_no_order_of_events_leaves_anything_behind() -> None:
    Lifecycles.TestCase.settings = settings(
        max_examples=EXAMPLES,
        stateful_step_count=30,
        deadline=None,
        # Shrinking would replay hundreds of histories, for minutes.
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    Lifecycles.TestCase().runTest()
