import { Link } from "react-router";
import { ErrorNotice } from "@/components/error-notice";
import { Panel } from "@/components/panel";
import { StateBadge } from "@/components/state-badge";
import { paths } from "@/config/paths";
import type { Cluster } from "@/lib/api-models";
import { useStopCluster } from "../api/stop-cluster";
import { priceWords, workerCount } from "./cluster-words";
import classes from "./notebook-clusters.module.css";
import { ProblemNotice } from "./problem-notice";
import { Spent } from "./spent";
import { StopButton } from "./stop-button";
import { useAnnounceClusters } from "./use-announce-clusters";

type Props = {
  /** The live ones of the notebook. */
  clusters: Cluster[];
  /** Whether one could be started: the notebook runs, and the plan has clusters. */
  startable: boolean;
};

/** A notebook's live clusters on its page. */
export function NotebookClusters({ clusters, startable }: Props) {
  useAnnounceClusters(clusters);
  if (clusters.length === 0) return startable ? <Hint /> : null;
  return (
    <Panel title="Clusters">
      <ul className={classes.list}>
        {clusters.map((cluster) => (
          <ClusterRow key={cluster.id} cluster={cluster} />
        ))}
      </ul>
    </Panel>
  );
}

function Hint() {
  return (
    <p className={classes.hint}>
      Too slow? <code>ramon.Cluster(n_workers=4)</code> adds workers.{" "}
      <Link to={paths.clusterGuide}>How clusters work</Link>
    </p>
  );
}

function ClusterRow({ cluster }: { cluster: Cluster }) {
  const stop = useStopCluster(cluster.id);
  return (
    <li className={classes.row}>
      <div>
        <p className={classes.name}>
          <Link to={paths.cluster(cluster.id)}>{cluster.name}</Link>
          <StateBadge state={cluster.state} />
        </p>
        <p className={classes.facts}>
          {workerCount(cluster.workers)} · <span className="numbers">{priceWords(cluster)}</span> ·{" "}
          <Spent cluster={cluster} /> so far
        </p>
      </div>
      <StopButton cluster={cluster} stop={stop} size="compact-sm" />
      {(cluster.problem !== null || stop.error !== null) && (
        <div className={classes.wide}>
          <ProblemNotice problem={cluster.problem} />
          <ErrorNotice error={stop.error} />
        </div>
      )}
    </li>
  );
}
