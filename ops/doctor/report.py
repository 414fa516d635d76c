"""Shows a world and what is wrong with it: as tables for people, as JSON for programs."""

import dataclasses
import json
from collections.abc import Iterable, Sequence

from ops.doctor.finding import Finding
from ops.doctor.world import World

Row = Sequence[object]


def as_json(world: World, findings: list[Finding]) -> str:
    """One JSON document: `{now, tasks, servers, notebooks, routes, slots, batch, findings}`."""
    document = {
        "now": world.now,
        **{
            name: [dataclasses.asdict(each) for each in getattr(world, name).values()]
            for name in ("tasks", "servers", "notebooks", "routes", "slots")
        },
        "batch": dataclasses.asdict(world.batch),
        "findings": [finding._asdict() for finding in findings],
    }
    return json.dumps(document, default=sorted, indent=2)


def as_text(world: World, findings: list[Finding]) -> str:
    """Tables of everything but the servers that have ended and the tasks that are over."""
    parts = [_tasks(world), _servers(world), _notebooks(world), _routes(world), _slots(world)]
    parts += [_clusters(world), _jobs(world), _pools(world)]
    return "\n".join([*parts, _verdict(findings)])


def _tasks(world: World) -> str:
    running = [task for task in world.tasks.values() if not task.is_over]
    rows = [
        (_last(task.arn), task.family, task.status, task.server_id, task.address or "")
        for task in running
    ]
    over = len(world.tasks) - len(running)
    head = ("task", "family", "status", "started by", "address")
    return _table(f"Tasks: {len(rows)}, and {over} over", head, rows)


def _servers(world: World) -> str:
    live = [server for server in world.servers.values() if server.is_live]
    rows = [
        (s.id, s.state, s.notebook_id, _last(s.task_arn or ""), _lease(s.lease_expires_at, world))
        for s in live
    ]
    ended = len(world.servers) - len(live)
    head = ("server", "state", "notebook", "task", "lease")
    return _table(f"Live servers: {len(rows)}, and {ended} ended", head, rows)


def _notebooks(world: World) -> str:
    rows = [
        (n.id, n.state, n.server_id if n.is_up else "", "yes" if n.is_deleted else "")
        for n in world.notebooks.values()
    ]
    return _table(f"Notebooks: {len(rows)}", ("notebook", "state", "server", "deleted"), rows)


def _routes(world: World) -> str:
    rows = [(r.host, r.state, r.target or "") for r in world.routes.values()]
    return _table(f"Routes: {len(rows)}", ("route", "state", "target"), rows)


def _slots(world: World) -> str:
    taken = [slots for slots in world.slots.values() if slots.server_ids]
    rows = [(s.account_id, ", ".join(sorted(s.server_ids))) for s in taken]
    return _table(f"Accounts with slots taken: {len(rows)}", ("account", "servers"), rows)


def _clusters(world: World) -> str:
    clusters = world.batch.clusters.values()
    rows = [
        (c.id, c.state, c.notebook_id, c.name, c.members, _lease(c.lease_expires_at, world))
        for c in clusters
        if c.is_live
    ]
    head = ("cluster", "state", "notebook", "name", "workers", "lease")
    return _table(f"Live clusters: {len(rows)}, and {len(clusters) - len(rows)} ended", head, rows)


def _jobs(world: World) -> str:
    rows = [(job.id, job.status, job.worker_id) for job in world.batch.jobs.values()]
    return _table(f"Jobs: {len(rows)}", ("job", "status", "worker"), rows)


def _pools(world: World) -> str:
    rows = [(pool.name, pool.state) for pool in world.batch.pools.values()]
    return _table(f"Pools of computers: {len(rows)}", ("environment and queue", "state"), rows)


def _verdict(findings: list[Finding]) -> str:
    if not findings:
        return "Everything agrees."
    rows = [(finding.rule, finding.subject, finding.message) for finding in findings]
    return _table(f"Disagreements: {len(rows)}", ("rule", "of", "what is wrong"), rows)


def _lease(expires_at: int | None, world: World) -> str:
    if expires_at is None:
        return ""
    left = expires_at - world.now
    return f"{left} s left" if left >= 0 else f"expired {-left} s ago"


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]


def _table(title: str, head: Row, rows: Iterable[Row]) -> str:
    texts = [[str(cell or "") for cell in row] for row in rows]
    if not texts:
        return f"{title}\n"
    widths = [max(len(row[i]) for row in [[*map(str, head)], *texts]) for i in range(len(head))]
    lines = [
        "  ".join(f"{cell:{w}}" for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in [[*map(str, head)], *texts]
    ]
    return "\n".join([title, *(f"  {line}" for line in lines), ""])
