import { useParams } from "react-router";
import { NotebookPage } from "@/features/notebooks/components/notebook-page";
import { useSignedIn } from "../use-signed-in";
import { useSizes } from "../use-sizes";

/** `/notebooks/:id` */
export default function Notebook() {
  const { id = "" } = useParams();
  return <NotebookPage key={id} id={id} sizes={useSizes(useSignedIn().plan)} />;
}
