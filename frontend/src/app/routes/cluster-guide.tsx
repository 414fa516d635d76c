import { GuidePage } from "@/features/clusters/components/guide-page";

/** `/clusters/guide` */
export default function ClusterGuide() {
  return <GuidePage />;
}
