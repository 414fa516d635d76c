import { Card } from "@/components/card";
import { paths } from "@/config/paths";
import type { Notebook, SizeOffer } from "@/lib/api-models";
import { formatBytes } from "@/lib/bytes";
import { formatDateTime } from "@/lib/time";
import { CostLine } from "./cost-line";
import { NotebookButtons } from "./notebook-buttons";
import classes from "./notebook-card.module.css";
import { NotebookMenu } from "./notebook-menu";
import { findSize, priceWords } from "./notebook-words";
import { StartError } from "./start-error";
import { StatusLine } from "./status-line";
import { useNotebookActions } from "./use-notebook-actions";

type Props = {
  notebook: Notebook;
  sizes: SizeOffer[];
  /** The names of its live clusters. */
  clusters: string[];
};

/** One notebook in the list: what it is, what it does, and what can be done. */
export function NotebookCard({ notebook, sizes, clusters }: Props) {
  const actions = useNotebookActions(notebook);
  return (
    <Card
      name={notebook.name}
      to={paths.notebook(notebook.id)}
      state={notebook.state}
      status={<StatusLine notebook={notebook} />}
      facts={<Facts notebook={notebook} size={findSize(sizes, notebook.size)} />}
      actions={
        <>
          <NotebookButtons notebook={notebook} actions={actions} clusters={clusters} />
          <NotebookMenu notebook={notebook} sizes={sizes} actions={actions} clusters={clusters} />
        </>
      }
    >
      {actions.error !== null && <StartError error={actions.error} />}
    </Card>
  );
}

function Facts({ notebook, size }: { notebook: Notebook; size: SizeOffer | undefined }) {
  const { state, cost, price_usd_hour, keep_until, workspace } = notebook;
  const { files, bytes, error } = workspace;
  return (
    <>
      <li>{size?.name ?? notebook.size}</li>
      <li>{cost === null ? priceWords(price_usd_hour) : <CostLine cost={cost} />}</li>
      <li>
        {files} {files === 1 ? "file" : "files"}, {formatBytes(bytes)}
      </li>
      {state === "running" && keep_until !== null && (
        <li>Kept running until {formatDateTime(keep_until)}</li>
      )}
      {error !== null && <li className={classes.problem}>Files are not being saved: {error}</li>}
    </>
  );
}
