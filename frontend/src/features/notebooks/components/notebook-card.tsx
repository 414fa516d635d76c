import { useId } from "react";
import { Link } from "react-router";
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
import { StateBadge } from "./state-badge";
import { StatusLine } from "./status-line";
import { useNotebookActions } from "./use-notebook-actions";

type Props = { notebook: Notebook; sizes: SizeOffer[] };

/** One notebook in the list: what it is, what it does, and what can be done. */
export function NotebookCard({ notebook, sizes }: Props) {
  const id = useId();
  const actions = useNotebookActions(notebook);
  return (
    <article className={classes.card} aria-labelledby={id} data-state={notebook.state}>
      <div className={classes.text}>
        <div className={classes.head}>
          <h2 id={id} className={classes.name}>
            <Link to={paths.notebook(notebook.id)}>{notebook.name}</Link>
          </h2>
          <StateBadge state={notebook.state} />
        </div>
        <p className={classes.status}>
          <StatusLine notebook={notebook} />
        </p>
        <Facts notebook={notebook} size={findSize(sizes, notebook.size)} />
      </div>
      <div className={classes.actions}>
        <NotebookButtons notebook={notebook} actions={actions} />
        <NotebookMenu notebook={notebook} sizes={sizes} actions={actions} />
      </div>
      {actions.error !== null && (
        <div className={classes.error}>
          <StartError error={actions.error} />
        </div>
      )}
    </article>
  );
}

function Facts({ notebook, size }: { notebook: Notebook; size: SizeOffer | undefined }) {
  const { state, cost, price_usd_hour, keep_until, workspace } = notebook;
  const { files, bytes, error } = workspace;
  return (
    <ul className={classes.facts}>
      <li>{size?.name ?? notebook.size}</li>
      <li>{cost === null ? priceWords(price_usd_hour) : <CostLine cost={cost} />}</li>
      <li>
        {files} {files === 1 ? "file" : "files"}, {formatBytes(bytes)}
      </li>
      {state === "running" && keep_until !== null && (
        <li>Kept running until {formatDateTime(keep_until)}</li>
      )}
      {error !== null && <li className={classes.problem}>Files are not being saved: {error}</li>}
    </ul>
  );
}
