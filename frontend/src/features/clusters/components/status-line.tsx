import { Elapsed } from "@/components/elapsed";
import { RelativeTime } from "@/components/relative-time";
import { RunningFor } from "@/components/running-for";
import type { Cluster } from "@/lib/api-models";
import { missingWords, stopDetail, stopWords } from "./cluster-words";

/** What a cluster is doing, or why it is not, in one sentence. */
export function StatusLine({ cluster }: { cluster: Cluster }) {
  switch (cluster.state) {
    case "starting":
      return (
        <>
          {missingWords(cluster.workers) || "Getting computers"}…{" "}
          <Elapsed iso={cluster.created_at} />
        </>
      );
    case "running":
      return <RunningLine cluster={cluster} />;
    case "stopping":
      return (
        <>
          {cluster.stop ? `${stopWords(cluster.stop.reason)}: ending` : "Ending"} its workers…{" "}
          <Elapsed iso={cluster.state_since} />
        </>
      );
    case "stopped":
    case "failed":
      return <StopLine cluster={cluster} />;
    case "unknown":
      return <>Its state is not known just now. Reload this page in some minutes.</>;
  }
}

function RunningLine({ cluster }: { cluster: Cluster }) {
  const { started_at, state_since, workers, last_active_at } = cluster;
  const missing = missingWords(workers);
  return (
    <>
      Running for <RunningFor since={started_at ?? state_since} />
      {last_active_at && (
        <>
          , last worked <RelativeTime iso={last_active_at} />
        </>
      )}
      .{missing && ` ${missing}.`}
    </>
  );
}

function StopLine({ cluster }: { cluster: Cluster }) {
  const { stop, stopped_at, state_since } = cluster;
  return (
    <>
      {stop === null ? "Stopped" : stopWords(stop.reason)}{" "}
      <RelativeTime iso={stopped_at ?? state_since} />. {stop && stopDetail(stop)}
    </>
  );
}
