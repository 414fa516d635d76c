import { ClustersPage } from "@/features/clusters/components/clusters-page";
import { usePlans } from "@/features/plans/api/get-plans";
import { useSignedIn } from "../use-signed-in";

/** `/clusters` */
export default function Clusters() {
  const { plan } = useSignedIn();
  const vcpus = usePlans().data?.plans.find(({ id }) => id === plan)?.cluster_vcpus_at_once;
  return <ClustersPage inPlan={vcpus !== 0} />;
}
