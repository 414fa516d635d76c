import { useMemo, useRef, useState } from "react";
import { BackLink } from "@/components/back-link";
import { PageWithoutData } from "@/components/page-without-data";
import { paths } from "@/config/paths";
import { isGone } from "@/lib/api-error";
import type { Cluster } from "@/lib/api-models";
import { isLive } from "../api/cluster-cache";
import { useCluster } from "../api/get-cluster";
import { useWorkers } from "../api/get-workers";
import { ClusterHead } from "./cluster-head";
import classes from "./cluster-page.module.css";
import { CostPanel } from "./cost-panel";
import { GoneNotice } from "./gone-notice";
import { HistoryPanel } from "./history-panel";
import { LogsPanel } from "./logs-panel";
import { TasksPanel } from "./tasks-panel";
import { useAnnounceClusters } from "./use-announce-clusters";
import { WorkersPanel } from "./workers-panel";

/** One cluster: what it does and costs, its workers, and what they wrote. */
export function ClusterPage({ id }: { id: string }) {
  const query = useCluster(id);
  if (isGone(query.error)) return <GoneNotice />;
  if (!query.data)
    return <PageWithoutData title="Cluster" label="Loading the cluster" query={query} />;
  return <LoadedCluster cluster={query.data} />;
}

function LoadedCluster({ cluster }: { cluster: Cluster }) {
  useAnnounceClusters(useMemo(() => [cluster], [cluster]));
  return (
    <>
      <BackLink to={paths.clusters}>All clusters</BackLink>
      <ClusterHead cluster={cluster} />
      <div className={classes.columns}>
        <div className={classes.column}>
          <HistoryPanel cluster={cluster} />
          {isLive(cluster) && <TasksPanel cluster={cluster} />}
        </div>
        <div className={classes.column}>
          <CostPanel cluster={cluster} />
        </div>
      </div>
      <Workers cluster={cluster} />
    </>
  );
}

/** The workers, and the logs of the one that was chosen among them. */
function Workers({ cluster }: { cluster: Cluster }) {
  const query = useWorkers(cluster);
  const [chosen, setChosen] = useState<string | null>(null);
  const field = useRef<HTMLSelectElement>(null);
  const readLogs = (worker: string) => {
    setChosen(worker);
    field.current?.focus();
  };
  return (
    <div className={classes.all}>
      <WorkersPanel query={query} onReadLogs={readLogs} />
      <LogsPanel
        clusterId={cluster.id}
        workers={query.data?.pages.flatMap((page) => page.items) ?? []}
        worker={chosen}
        onChoose={setChosen}
        fieldRef={field}
      />
    </div>
  );
}
