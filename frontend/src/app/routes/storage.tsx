import { StoragePage } from "@/features/storage/components/storage-page";

/** `/storage` */
export default function Storage() {
  return <StoragePage />;
}
