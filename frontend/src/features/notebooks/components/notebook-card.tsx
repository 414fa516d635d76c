import { useId } from "react";
import { Link } from "react-router";
import { ErrorNotice } from "@/components/error-notice";
import { paths } from "@/config/paths";
import type { Notebook, Size } from "@/lib/api-models";
import { formatBytes } from "@/lib/bytes";
import { perHour } from "@/lib/money";
import { formatDateTime } from "@/lib/time";
import { NotebookButtons } from "./notebook-buttons";
import classes from "./notebook-card.module.css";
import { NotebookMenu } from "./notebook-menu";
import { findSize } from "./notebook-words";
import { StateBadge } from "./state-badge";
import { StatusLine } from "./status-line";
import { useNotebookActions } from "./use-notebook-actions";

type Props = { notebook: Notebook; sizes: Size[] };

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
          <ErrorNotice error={actions.error} />
        </div>
      )}
    </article>
  );
}

function Facts({ notebook, size }: { notebook: Notebook; size: Size | undefined }) {
  const { state, keep_until, workspace } = notebook;
  const { files, bytes, error } = workspace;
  return (
    <ul className={classes.facts}>
      <li>{size?.name ?? notebook.size}</li>
      {size && <li>{perHour(size.price_usd_hour)}</li>}
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
