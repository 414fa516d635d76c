import { Link } from "react-router";
import { Card } from "@/components/card";
import { ErrorNotice } from "@/components/error-notice";
import { paths } from "@/config/paths";
import type { Cluster } from "@/lib/api-models";
import { isLive } from "../api/cluster-cache";
import { useStopCluster } from "../api/stop-cluster";
import { BudgetBar } from "./budget-bar";
import { lengthWords, powerWords, priceWords, workerCount } from "./cluster-words";
import { ProblemNotice } from "./problem-notice";
import { Spent } from "./spent";
import { StatusLine } from "./status-line";
import { StopButton } from "./stop-button";

/** One cluster in the list: what it is, what it does and costs, and the way to stop it. */
export function ClusterCard({ cluster }: { cluster: Cluster }) {
  const stop = useStopCluster(cluster.id);
  const live = isLive(cluster);
  return (
    <Card
      name={cluster.name}
      to={paths.cluster(cluster.id)}
      state={cluster.state}
      status={<StatusLine cluster={cluster} />}
      facts={<Facts cluster={cluster} live={live} />}
      actions={<StopButton cluster={cluster} stop={stop} />}
    >
      {live && cluster.budget_usd !== null && (
        <BudgetBar cluster={cluster} budget={cluster.budget_usd} />
      )}
      {live && <ProblemNotice problem={cluster.problem} />}
      <ErrorNotice error={stop.error} />
    </Card>
  );
}

function Facts({ cluster, live }: { cluster: Cluster; live: boolean }) {
  const { worker, workers, notebook_id, notebook_name } = cluster;
  const length = lengthWords(cluster);
  return (
    <>
      <li>
        {live ? `${workerCount(workers)}, each ` : "Workers of "}
        {powerWords(worker)}
      </li>
      {live && <li className="numbers">{priceWords(cluster)}</li>}
      <li>
        <Spent cluster={cluster} /> {live ? "so far" : "in all"}
      </li>
      {length !== null && <li>{length}</li>}
      <li>
        Notebook <Link to={paths.notebook(notebook_id)}>{notebook_name}</Link>
      </li>
    </>
  );
}
