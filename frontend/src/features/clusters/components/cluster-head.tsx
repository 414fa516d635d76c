import { Button } from "@mantine/core";
import { ExternalLink } from "lucide-react";
import { Link } from "react-router";
import { ErrorNotice } from "@/components/error-notice";
import { PageTitle } from "@/components/page-title";
import { RelativeTime } from "@/components/relative-time";
import { StateBadge } from "@/components/state-badge";
import { paths } from "@/config/paths";
import type { Cluster } from "@/lib/api-models";
import { isLive } from "../api/cluster-cache";
import { useStopCluster } from "../api/stop-cluster";
import classes from "./cluster-page.module.css";
import { powerWords, workerCount } from "./cluster-words";
import { ProblemNotice } from "./problem-notice";
import { SavedHint } from "./saved-hint";
import { StatusLine } from "./status-line";
import { StopButton } from "./stop-button";

/** The name and state of a cluster, what it does now or why it ended, and what can be done. */
export function ClusterHead({ cluster }: { cluster: Cluster }) {
  const stop = useStopCluster(cluster.id);
  const { name, state, notebook_id, notebook_name, worker, workers, created_at } = cluster;
  const live = isLive(cluster);
  return (
    <>
      <div className={classes.head}>
        <PageTitle title={name} beside={<StateBadge state={state} />} />
        <div className={classes.actions}>
          <DashboardLink cluster={cluster} />
          <StopButton cluster={cluster} stop={stop} />
        </div>
      </div>
      <div className={classes.under}>
        <div>
          <p>
            <StatusLine cluster={cluster} />
          </p>
          <p className={classes.facts}>
            {live ? `${workerCount(workers)}, each ` : "Workers of "}
            {powerWords(worker)} · Notebook{" "}
            <Link to={paths.notebook(notebook_id)}>{notebook_name}</Link> · asked for{" "}
            <RelativeTime iso={created_at} />
          </p>
        </div>
        <ProblemNotice problem={live ? cluster.problem : null} />
        <SavedHint cluster={cluster} />
        <ErrorNotice error={stop.error} />
      </div>
    </>
  );
}

/** Dask's own page about the cluster, which the notebook's address shows. */
function DashboardLink({ cluster }: { cluster: Cluster }) {
  if (cluster.state !== "running" || cluster.dashboard_url === null) return null;
  return (
    <Button
      variant="default"
      component="a"
      href={cluster.dashboard_url}
      target="_blank"
      rel="noopener"
      rightSection={<ExternalLink size={15} aria-hidden />}
      aria-label="Dashboard, in a new tab"
    >
      Dashboard
    </Button>
  );
}
