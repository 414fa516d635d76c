import type { Cluster, ClusterWorker } from "@/lib/api-models";

const BEFORE = "2026-11-22T20:00:00Z";

/** A cluster of four workers that runs, but for `changes`. */
export function aCluster(changes: Partial<Cluster> = {}): Cluster {
  return {
    id: "cl_01",
    name: "sweep",
    notebook_id: "nb_01",
    notebook_name: "Ocean temperatures",
    server_id: "srv_01",
    state: "running",
    state_since: BEFORE,
    worker: { vcpu: 2, memory_gib: 8, gpu: 0 },
    purchase: "on_demand",
    workers: { wanted: 4, pending: 0, starting: 0, running: 4 },
    price: { worker_usd_hour: "0.1584", usd_hour: "0.6336", now_usd_hour: "0.6336" },
    spent_usd: "1.250000",
    budget_usd: "5.00",
    as_of: new Date().toISOString(),
    idle_minutes: 20,
    detached: false,
    clients: 1,
    tasks: { waiting: 12, processing: 8, memory: 30, erred: 0 },
    last_active_at: null,
    problem: null,
    stop: null,
    saved: null,
    dashboard_url: "http://nb-01.localhost:8000/proxy/8787/status",
    created_at: BEFORE,
    started_at: "2026-11-22T20:00:40Z",
    stopped_at: null,
    ...changes,
  };
}

/** The same after its end by its budget, but for `changes`. */
export function anEndedCluster(changes: Partial<Cluster> = {}): Cluster {
  return aCluster({
    id: "cl_00",
    name: "grid",
    state: "stopped",
    state_since: "2026-11-22T22:00:00Z",
    workers: { wanted: 0, pending: 0, starting: 0, running: 0 },
    price: { worker_usd_hour: "0.1584", usd_hour: "0.6336", now_usd_hour: "0" },
    spent_usd: "4.980000",
    stop: { reason: "budget", message: "The next minute would have passed its budget of $5." },
    saved: { results: 37, bytes: 12 * 1024 ** 2 },
    tasks: null,
    clients: null,
    dashboard_url: null,
    stopped_at: "2026-11-22T22:00:00Z",
    ...changes,
  });
}

/** A worker that has joined, but for `changes`. */
export function aWorker(changes: Partial<ClusterWorker> = {}): ClusterWorker {
  return {
    id: "wk_01",
    state: "running",
    attempt: 1,
    purchase: "on_demand",
    requested_at: BEFORE,
    started_at: "2026-11-22T20:00:30Z",
    joined_at: "2026-11-22T20:00:40Z",
    stopped_at: null,
    end: null,
    spent_usd: "0.312500",
    seconds: 7_102,
    ...changes,
  };
}
