import { Button } from "@mantine/core";
import { useState } from "react";
import { BackLink } from "@/components/back-link";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { MoreButton } from "@/components/more-button";
import { PageTitle } from "@/components/page-title";
import { RelativeTime } from "@/components/relative-time";
import { paths } from "@/config/paths";
import { announce } from "@/lib/announcements";
import type { Notebook, Version } from "@/lib/api-models";
import { formatBytes } from "@/lib/bytes";
import { goTo } from "@/lib/leave";
import { formatMoment } from "@/lib/time";
import { useNotebook } from "../api/get-notebook";
import { useRestoreFiles, useVersions, useZip } from "../api/history";
import classes from "./history-page.module.css";
import { Restored } from "./restored";
import { VersionDetails } from "./version-details";

/** The kept versions of a notebook's files: what changed when, files of then, and restoring. */
export function HistoryPage({ id }: { id: string }) {
  const notebook = useNotebook(id);
  const query = useVersions(id);
  const versions = query.data?.pages.flatMap((page) => page.items);
  return (
    <>
      <BackLink to={paths.notebook(id)}>Back to the notebook</BackLink>
      <PageTitle title={notebook.data ? `History of ${notebook.data.name}` : "History"} />
      <p className={classes.intro}>
        The saves of the last ten minutes are kept (the last 60, where there are more), then one
        each hour for a day, and one each day for 30 days; the oldest go earlier when your storage
        is full. Restoring makes a new version, so nothing is lost by it.
      </p>
      {notebook.data && <RunningHint notebook={notebook.data} />}
      {query.isPending && <Loading label="Loading the history" rows={3} />}
      {!query.data && <ErrorNotice error={query.error} onRetry={() => query.refetch()} />}
      {versions?.length === 0 && <p>Nothing has been saved yet. Start the notebook to begin.</p>}
      {versions && versions.length > 0 && (
        <ol className={classes.list}>
          {versions.map((version) => (
            <VersionRow
              key={version.seq}
              id={id}
              version={version}
              canRestore={notebook.data !== undefined && isAtRest(notebook.data)}
            />
          ))}
        </ol>
      )}
      <MoreButton query={query} />
    </>
  );
}

function isAtRest({ state }: Notebook): boolean {
  return state === "stopped" || state === "failed";
}

function RunningHint({ notebook }: { notebook: Notebook }) {
  if (isAtRest(notebook)) return null;
  return (
    <p className={classes.hint}>
      This notebook is running and saves its own files. Stop it to restore a version.
    </p>
  );
}

type RowProps = { id: string; version: Version; canRestore: boolean };

function VersionRow({ id, version, canRestore }: RowProps) {
  const [open, setOpen] = useState(false);
  const restore = useRestoreFiles(id);
  const zip = useZip(id);
  const when = formatMoment(version.saved_at);
  const restoreAll = () =>
    restore.mutate(
      { seq: version.seq, paths: null },
      { onSuccess: () => announce(`Everything is as it was at ${when}.`) },
    );
  return (
    <li className={classes.version}>
      <div className={classes.text}>
        <h2 className={classes.when}>
          <time dateTime={version.saved_at}>{when}</time>
          {version.is_newest && <span className={classes.newest}>Now</span>}
        </h2>
        <p className={classes.facts}>
          <RelativeTime iso={version.saved_at} />. {changesOf(version)} {version.files}{" "}
          {version.files === 1 ? "file" : "files"}, {formatBytes(version.bytes)}.
        </p>
      </div>
      <div className={classes.buttons}>
        <Button
          variant="default"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          aria-label={`${open ? "Hide" : "Look at"} the version of ${when}`}
        >
          {open ? "Hide" : "Look"}
        </Button>
        <Button
          variant="default"
          loading={zip.isPending}
          onClick={() => zip.mutate(version.seq, { onSuccess: ({ url }) => goTo(url) })}
          aria-label={`Download the version of ${when} as a zip`}
        >
          Zip
        </Button>
        {!version.is_newest && (
          <Button
            variant="default"
            disabled={!canRestore}
            loading={restore.isPending}
            onClick={restoreAll}
            aria-label={`Restore all files of ${when}`}
          >
            Restore all
          </Button>
        )}
      </div>
      <div className={classes.error}>
        <ErrorNotice error={restore.error ?? zip.error} />
        {restore.isSuccess && (
          <Restored>Restored: everything is as it was then, in a new version.</Restored>
        )}
      </div>
      {open && <VersionDetails id={id} version={version} canRestore={canRestore} />}
    </li>
  );
}

/** `2 added, 1 changed.`; nothing where nothing differs. */
function changesOf({ added, changed, removed }: Version): string {
  const parts = [
    added > 0 && `${added} added`,
    changed > 0 && `${changed} changed`,
    removed > 0 && `${removed} removed`,
  ].filter(Boolean);
  return parts.length > 0 ? `${parts.join(", ")}.` : "";
}
