import { useParams } from "react-router";
import { ClusterPage } from "@/features/clusters/components/cluster-page";

/** `/clusters/:id` */
export default function Cluster() {
  const { id = "" } = useParams();
  return <ClusterPage key={id} id={id} />;
}
