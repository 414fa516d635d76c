"""The Chalice application: every route, and every entry point that is not a route.

Entry points stand here and not in a blueprint, because Lambda imports a blueprint's functions
without this file, and with it all that is set up here (aws/chalice#1566). Each is one line.
"""

from collections.abc import Callable
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, Cron, Rate

from chalicelib.accounts import routes as accounts
from chalicelib.billing import jobs as billing_jobs
from chalicelib.billing import routes as billing
from chalicelib.clusters import jobs as cluster_jobs
from chalicelib.clusters import routes as clusters
from chalicelib.clusters import worker_routes
from chalicelib.core import openapi
from chalicelib.core.observability import log
from chalicelib.metering import routes as metering
from chalicelib.notebooks import agent_routes, cluster_routes, jobs
from chalicelib.notebooks import routes as notebooks
from chalicelib.plans import routes as plans
from chalicelib.storage import routes as storage

app = Chalice(app_name="ramon")
app.api.binary_types = []

for feature in (
    accounts,
    plans,
    metering,
    billing,
    storage,
    clusters,
    worker_routes,
    notebooks,
    agent_routes,
    cluster_routes,
    openapi,
):
    app.register_blueprint(feature.api.blueprint)


@app.middleware("scheduled")
def tell_of_failures(event: CloudWatchEvent, run: Callable[[CloudWatchEvent], Any]) -> Any:
    """Log what ends a scheduled function as an error: Lambda's own line of it rings no alarm."""
    try:
        return run(event)
    except Exception:
        log.exception("a scheduled function failed")
        raise


_EVERY_MINUTE = Rate(1, unit=Rate.MINUTES)
_EVERY_FIVE_MINUTES = Rate(5, unit=Rate.MINUTES)
_EVERY_HOUR = Rate(1, unit=Rate.HOURS)
_EVERY_DAY = Rate(1, unit=Rate.DAYS)
_AFTER_MIDNIGHT = Cron(2, 0, "*", "*", "?", "*")
_IN_THE_NIGHT = Cron(30, 3, "*", "*", "?", "*")


@app.lambda_function(name="launch_server")
def launch_server(event: dict[str, Any], _context: object) -> None:
    """Step of `start_notebook`: start the task."""
    jobs.launch_server(event)


@app.lambda_function(name="open_server")
def open_server(event: dict[str, Any], _context: object) -> None:
    """Step of `start_notebook`: open the route."""
    jobs.open_server(event)


@app.lambda_function(name="fail_server")
def fail_server(event: dict[str, Any], _context: object) -> None:
    """Step of `start_notebook`: undo a start that came to nothing."""
    jobs.fail_server(event)


@app.lambda_function(name="stop_server")
def stop_server(event: dict[str, Any], _context: object) -> None:
    """Step of `stop_notebook`: ask the task to stop."""
    jobs.stop_server(event)


@app.lambda_function(name="close_server")
def close_server(event: dict[str, Any], _context: object) -> None:
    """Step of `stop_notebook`: close the record."""
    jobs.close_server(event)


@app.on_cw_event(
    {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"]}, name="on_task_state_change"
)
def on_task_state_change(event: CloudWatchEvent) -> None:
    """Event of ECS: a task has changed its state."""
    jobs.on_task_state_change(event.detail)


@app.lambda_function(name="prepare_pool")
def prepare_pool(event: dict[str, Any], _context: object) -> None:
    """Step of `start_cluster`: see that there are computers."""
    cluster_jobs.prepare_pool(event)


@app.lambda_function(name="submit_workers")
def submit_workers(event: dict[str, Any], _context: object) -> None:
    """Step of `start_cluster`: submit the workers' jobs."""
    cluster_jobs.submit_workers(event)


@app.lambda_function(name="fail_cluster")
def fail_cluster(event: dict[str, Any], _context: object) -> None:
    """Step of `start_cluster`: undo a start that came to nothing."""
    cluster_jobs.fail_cluster(event)


@app.lambda_function(name="drain_cluster")
def drain_cluster(event: dict[str, Any], _context: object) -> None:
    """Step of `stop_cluster`: let finished results be saved."""
    cluster_jobs.drain_cluster(event)


@app.lambda_function(name="terminate_workers")
def terminate_workers(event: dict[str, Any], _context: object) -> None:
    """Step of `stop_cluster`: ask the workers' jobs to stop."""
    cluster_jobs.terminate_workers(event)


@app.lambda_function(name="close_cluster")
def close_cluster(event: dict[str, Any], _context: object) -> None:
    """Step of `stop_cluster`: close the record."""
    cluster_jobs.close_cluster(event)


@app.on_cw_event(
    {"source": ["aws.batch"], "detail-type": ["Batch Job State Change"]},
    name="on_job_state_change",
)
def on_job_state_change(event: CloudWatchEvent) -> None:
    """Event of Batch: a job has changed its state."""
    cluster_jobs.on_job_state_change(event.detail)


@app.schedule(_EVERY_MINUTE, name="cluster_sweep")
def cluster_sweep(_event: CloudWatchEvent) -> None:
    """Make jobs and records agree, and stop clusters by their rules."""
    cluster_jobs.cluster_sweep()


@app.schedule(_EVERY_MINUTE, name="meter_clusters")
def meter_clusters(_event: CloudWatchEvent) -> None:
    """Record what clusters use, and stop what may not go on."""
    cluster_jobs.meter_clusters()


@app.schedule(_EVERY_HOUR, name="pool_sweep")
def pool_sweep(_event: CloudWatchEvent) -> None:
    """Remove pools of computers that nobody uses."""
    cluster_jobs.pool_sweep()


@app.schedule(_EVERY_MINUTE, name="canary")
def canary(_event: CloudWatchEvent) -> None:
    """Find out whether the service hears those who report to it."""
    jobs.check_hearing()


@app.schedule(_EVERY_MINUTE, name="idle_sweep")
def idle_sweep(_event: CloudWatchEvent) -> None:
    """Stop what is idle."""
    jobs.idle_sweep()


@app.schedule(_EVERY_MINUTE, name="lease_reaper")
def lease_reaper(_event: CloudWatchEvent) -> None:
    """Stop what has fallen silent."""
    jobs.lease_reaper()


@app.schedule(_EVERY_MINUTE, name="reconcile")
def reconcile(_event: CloudWatchEvent) -> None:
    """Make tasks and records agree."""
    jobs.reconcile()


@app.schedule(_EVERY_DAY, name="purge_sweep")
def purge_sweep(_event: CloudWatchEvent) -> None:
    """Delete for good what was deleted long ago."""
    jobs.purge_sweep()


@app.schedule(_EVERY_MINUTE, name="meter_usage")
def meter_usage(_event: CloudWatchEvent) -> None:
    """Record what runs, and stop what may not go on."""
    jobs.meter_usage()


@app.schedule(_AFTER_MIDNIGHT, name="sample_storage")
def sample_storage(_event: CloudWatchEvent) -> None:
    """Record what is stored."""
    jobs.sample_storage()


@app.schedule(_EVERY_FIVE_MINUTES, name="push_usage")
def push_usage(_event: CloudWatchEvent) -> None:
    """Bring usage to Stripe."""
    billing_jobs.push_usage()


@app.schedule(_EVERY_FIVE_MINUTES, name="close_months")
def close_months(_event: CloudWatchEvent) -> None:
    """Close the months that are over."""
    billing_jobs.close_months()


@app.schedule(_IN_THE_NIGHT, name="reconcile_usage")
def reconcile_usage(_event: CloudWatchEvent) -> None:
    """Hold segments, ledger, Stripe's sums and invoices together."""
    jobs.reconcile_usage()


@app.lambda_function(name="reconcile_month")
def reconcile_month(event: dict[str, Any], _context: object) -> list[dict[str, Any]]:
    """For an operator: hold one month together."""
    return jobs.reconcile_month(event)
