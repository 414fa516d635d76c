import { useParams } from "react-router";
import { NotebookClusters } from "@/features/clusters/components/notebook-clusters";
import { NotebookPage } from "@/features/notebooks/components/notebook-page";
import type { Cluster } from "@/lib/api-models";
import { useClustersOf } from "../use-clusters-of";
import { useSignedIn } from "../use-signed-in";
import { useSizes } from "../use-sizes";

const NONE: Cluster[] = [];

/** `/notebooks/:id` */
export default function Notebook() {
  const { id = "" } = useParams();
  const known = useClustersOf();
  const clusters = known?.get(id) ?? NONE;
  return (
    <NotebookPage
      key={id}
      id={id}
      sizes={useSizes(useSignedIn().plan)}
      clusters={clusters.map(({ name }) => name)}
      clustersPanel={(running) =>
        known && <NotebookClusters clusters={clusters} running={running} />
      }
    />
  );
}
