"""The Chalice application: every route, and every entry point that is not a route.

Entry points stand here and not in a blueprint, because Lambda imports a blueprint's functions
without this file, and with it all that is set up here (aws/chalice#1566). Each is one line; what it
needs is declared beside its body, in its feature's `jobs.py`.
"""

from typing import Any

from chalice.app import Chalice, CloudWatchEvent

from chalicelib.accounts import routes as accounts
from chalicelib.billing import jobs as billing_jobs
from chalicelib.billing import routes as billing
from chalicelib.clusters import agent_routes as cluster_agent_routes
from chalicelib.clusters import jobs as cluster_jobs
from chalicelib.clusters import routes as clusters
from chalicelib.clusters import worker_routes
from chalicelib.core import openapi
from chalicelib.core.entry_points import EntryPoint, Event, Schedule
from chalicelib.metering import routes as metering
from chalicelib.notebooks import agent_routes, jobs, past_routes, stored_routes
from chalicelib.notebooks import routes as notebooks
from chalicelib.plans import routes as plans
from chalicelib.storage import routes as storage
from chalicelib.upkeep import jobs as upkeep_jobs

app = Chalice(app_name="ramon")
app.api.binary_types = []

APIS = (
    accounts.api,
    plans.api,
    metering.api,
    billing.api,
    storage.api,
    notebooks.api,
    past_routes.api,
    stored_routes.api,
    agent_routes.api,
    clusters.api,
    cluster_agent_routes.api,
    worker_routes.api,
    openapi.api,
)
"""The routes of all features."""

for _api in APIS:
    app.register_blueprint(_api.blueprint)

FUNCTIONS: list[EntryPoint[..., Any]] = []
"""Every entry point that is not a route."""


def _function(entry_point: EntryPoint[..., Any]) -> Any:
    """Register an entry point. Its name here must be its own: Lambda looks for `app.<name>`."""
    FUNCTIONS.append(entry_point)
    name, trigger = entry_point.declared.name, entry_point.declared.trigger

    def on_schedule(_event: CloudWatchEvent) -> Any:
        return entry_point.run()

    def on_event(event: CloudWatchEvent) -> Any:
        return entry_point.run(event.detail)

    def on_call(event: dict[str, Any], _context: object) -> Any:
        return entry_point.run(event)

    on_schedule.__name__ = on_event.__name__ = on_call.__name__ = name
    match trigger:
        case Schedule(expression=expression):
            return app.schedule(expression, name=name)(on_schedule)
        case Event(source=source, detail_type=detail_type):
            pattern = {"source": [source], "detail-type": [detail_type]}
            return app.on_cw_event(pattern, name=name)(on_event)
        case _:
            return app.lambda_function(name=name)(on_call)


launch_server = _function(jobs.launch_server)
open_server = _function(jobs.open_server)
fail_server = _function(jobs.fail_server)
stop_server = _function(jobs.stop_server)
close_server = _function(jobs.close_server)
on_task_state_change = _function(jobs.on_task_state_change)
idle_sweep = _function(jobs.idle_sweep)
lease_reaper = _function(jobs.lease_reaper)
reconcile = _function(jobs.reconcile)
purge_sweep = _function(jobs.purge_sweep)
meter_usage = _function(jobs.meter_usage)

prepare_pool = _function(cluster_jobs.prepare_pool)
submit_workers = _function(cluster_jobs.submit_workers)
fail_cluster = _function(cluster_jobs.fail_cluster)
stop_clusters = _function(cluster_jobs.stop_clusters)
on_notebook_task_stopped = _function(cluster_jobs.on_notebook_task_stopped)
drain_cluster = _function(cluster_jobs.drain_cluster)
terminate_workers = _function(cluster_jobs.terminate_workers)
close_cluster = _function(cluster_jobs.close_cluster)
on_job_state_change = _function(cluster_jobs.on_job_state_change)
cluster_sweep = _function(cluster_jobs.cluster_sweep)
meter_clusters = _function(cluster_jobs.meter_clusters)
pool_sweep = _function(cluster_jobs.pool_sweep)

push_usage = _function(billing_jobs.push_usage)
close_months = _function(billing_jobs.close_months)

canary = _function(upkeep_jobs.check_hearing)
sweep_contents = _function(upkeep_jobs.sweep_contents)
sample_storage = _function(upkeep_jobs.sample_storage)
reconcile_usage = _function(upkeep_jobs.reconcile_usage)
reconcile_month = _function(upkeep_jobs.reconcile_month)
