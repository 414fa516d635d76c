import { useParams } from "react-router";
import { HistoryPage } from "@/features/notebooks/components/history-page";

/** `/notebooks/:id/history` */
export default function NotebookHistory() {
  const { id = "" } = useParams();
  return <HistoryPage key={id} id={id} />;
}
