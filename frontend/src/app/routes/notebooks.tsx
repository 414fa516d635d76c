import { NotebooksPage } from "@/features/notebooks/components/notebooks-page";
import { useSignedIn } from "../use-signed-in";
import { useSizes } from "../use-sizes";

/** `/notebooks` */
export default function Notebooks() {
  return <NotebooksPage sizes={useSizes(useSignedIn().plan)} />;
}
