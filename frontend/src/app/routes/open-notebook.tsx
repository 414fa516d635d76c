import { useParams } from "react-router";
import { OpenPage } from "@/features/notebooks/components/open-page";
import { useSignedIn } from "../use-signed-in";
import { useSizes } from "../use-sizes";

/** `/notebooks/:id/open` */
export default function OpenNotebook() {
  const { id = "" } = useParams();
  return <OpenPage key={id} id={id} sizes={useSizes(useSignedIn().plan)} />;
}
