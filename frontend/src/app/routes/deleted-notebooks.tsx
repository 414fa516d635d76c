import { DeletedPage } from "@/features/notebooks/components/deleted-page";

/** `/notebooks/deleted` */
export default function DeletedNotebooks() {
  return <DeletedPage />;
}
