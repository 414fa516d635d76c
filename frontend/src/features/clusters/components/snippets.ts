/** The three lines that start a cluster, use it, and stop it. */
export const THREE_LINES = `import ramon
with ramon.Cluster(n_workers=4, cpu=2, memory="8 GiB", budget=5) as cluster:
    results = list(cluster.map(simulate, range(1_000)))`;

/** One that outlives the cell, and the kernel. */
export const STAYS = `cluster = ramon.Cluster(
    n_workers=16, name="sweep", detached=True, budget=20
)
futures = [cluster.submit(simulate, seed) for seed in range(1_000)]`;

/** The same one again, later. */
export const AGAIN = `cluster = ramon.Cluster.from_name("sweep")
cluster.cost`;

/** More or fewer workers, by hand or as the tasks need. */
export const SIZES = `cluster.scale(32)
cluster.adapt(minimum=2, maximum=32)`;

/** Dask's own client. */
export const DASK = `client = cluster.get_client()
frame.groupby("station").temperature.mean().compute()`;

/** What loads the results that were saved when a cluster was stopped. */
export function savedResults(name: string): string {
  return `ramon.saved_results("${name}")`;
}
