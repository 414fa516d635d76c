/** The three lines that start a cluster, use it, and stop it, with a function to try. */
export const THREE_LINES = `import random
import ramon

def simulate(seed):
    return random.Random(seed).gauss(0, 1)

with ramon.Cluster(n_workers=4, cpu=2, memory="8 GiB", budget=5) as cluster:
    results = list(cluster.map(simulate, range(1_000)))`;

/** One that outlives the cell, and the kernel. */
export const STAYS = `import random
import ramon

def simulate(seed):
    return random.Random(seed).gauss(0, 1)

cluster = ramon.Cluster(
    n_workers=16, name="sweep", detached=True, budget=20
)
futures = [cluster.submit(simulate, seed) for seed in range(1_000)]`;

/** The same one again, later. */
export const AGAIN = `import ramon

cluster = ramon.Cluster.from_name("sweep")
cluster.cost`;

/** More or fewer workers, by hand or as the tasks need. */
export const SIZES = `cluster.scale(32)
cluster.adapt(minimum=2, maximum=32)`;

/** Dask's own client. */
export const DASK = `import dask.datasets

client = cluster.get_client()
frame = dask.datasets.timeseries()
frame.groupby("name").x.mean().compute()`;

/** What loads the results that were saved when a cluster was stopped. */
export function savedResults(name: string): string {
  return `ramon.saved_results("${name}")`;
}
