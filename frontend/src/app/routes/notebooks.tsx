import { useMemo } from "react";
import { NotebooksPage } from "@/features/notebooks/components/notebooks-page";
import { useClustersOf } from "../use-clusters-of";
import { useSignedIn } from "../use-signed-in";
import { useSizes } from "../use-sizes";

/** `/notebooks` */
export default function Notebooks() {
  const clusters = useClustersOf();
  const names = useMemo(
    () => new Map([...(clusters ?? [])].map(([id, all]) => [id, all.map(({ name }) => name)])),
    [clusters],
  );
  return <NotebooksPage sizes={useSizes(useSignedIn().plan)} clusters={names} />;
}
