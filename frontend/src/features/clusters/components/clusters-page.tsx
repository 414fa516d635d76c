import { useMemo } from "react";
import { Link } from "react-router";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { MoreButton } from "@/components/more-button";
import { PageTitle } from "@/components/page-title";
import { paths } from "@/config/paths";
import type { Cluster } from "@/lib/api-models";
import { useEndedClusters, useLiveClusters } from "../api/get-clusters";
import { ClusterCard } from "./cluster-card";
import classes from "./clusters-page.module.css";
import { EmptyClusters } from "./empty-clusters";
import { useAnnounceClusters } from "./use-announce-clusters";

const NONE: Cluster[] = [];

/** The account's clusters: those that live, and then those that are over. */
export function ClustersPage({ inPlan }: { inPlan: boolean }) {
  const live = useLiveClusters();
  const living = useMemo(() => live.data?.pages.flatMap((page) => page.items), [live.data]);
  const ended = useEndedClusters(living ?? NONE);
  useAnnounceClusters(living ?? NONE);

  const failed = !live.data ? live : !ended.query.data ? ended.query : null;
  const none = living?.length === 0;
  return (
    <>
      <div className={classes.head}>
        <PageTitle title="Clusters" />
        <Link to={paths.clusterGuide}>How clusters work</Link>
      </div>
      {(live.isPending || ended.query.isPending) && <Loading label="Loading your clusters" />}
      {failed && <ErrorNotice error={failed.error} onRetry={() => failed.refetch()} />}
      {none && ended.clusters && (
        <EmptyClusters first={ended.clusters.length === 0} inPlan={inPlan} />
      )}
      <Section title="Live" clusters={living} query={live} />
      <Section title="Ended" clusters={ended.clusters} query={ended.query} />
    </>
  );
}

type SectionProps = {
  title: string;
  clusters: Cluster[] | undefined;
  query: Parameters<typeof MoreButton>[0]["query"];
};

function Section({ title, clusters, query }: SectionProps) {
  if (clusters === undefined || (clusters.length === 0 && !query.hasNextPage)) return null;
  return (
    <section className={classes.section} aria-label={`${title} clusters`}>
      <p className={classes.title} aria-hidden>
        {title}
      </p>
      <ul className={classes.list}>
        {clusters.map((cluster) => (
          <li key={cluster.id}>
            <ClusterCard cluster={cluster} />
          </li>
        ))}
      </ul>
      <MoreButton query={query} />
    </section>
  );
}
