import { useParams } from "react-router";
import { NotebookClusters } from "@/features/clusters/components/notebook-clusters";
import { NotebookPage } from "@/features/notebooks/components/notebook-page";
import { usePlans } from "@/features/plans/api/get-plans";
import type { Cluster } from "@/lib/api-models";
import { useClustersOf } from "../use-clusters-of";
import { useSignedIn } from "../use-signed-in";
import { useSizes } from "../use-sizes";

const NONE: Cluster[] = [];

/** `/notebooks/:id` */
export default function Notebook() {
  const { id = "" } = useParams();
  const { plan } = useSignedIn();
  const known = useClustersOf();
  const vcpus = usePlans().data?.plans.find(({ id }) => id === plan)?.cluster_vcpus_at_once ?? 0;
  const clusters = known?.get(id) ?? NONE;
  return (
    <NotebookPage
      key={id}
      id={id}
      sizes={useSizes(plan)}
      clusters={clusters.map(({ name }) => name)}
      clustersPanel={(running) =>
        known && <NotebookClusters clusters={clusters} startable={running && vcpus > 0} />
      }
    />
  );
}
