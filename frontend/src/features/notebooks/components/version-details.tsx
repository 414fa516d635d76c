import { Button } from "@mantine/core";
import { useState } from "react";
import { Dialog } from "@/components/dialog";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { MoreButton } from "@/components/more-button";
import { announce } from "@/lib/announcements";
import type { Version } from "@/lib/api-models";
import { formatBytes } from "@/lib/bytes";
import { formatMoment } from "@/lib/time";
import { useChanges, useContentOfThen, useFilesOfThen, useRestoreFiles } from "../api/history";
import classes from "./history-page.module.css";
import { Restored } from "./restored";

type Props = { id: string; version: Version; canRestore: boolean };

/** What changed in a version, and all of its files. */
export function VersionDetails({ id, version, canRestore }: Props) {
  const changes = useChanges(id, version.seq);
  const files = useFilesOfThen(id, version.seq);
  const shown = files.data?.pages.flatMap((page) => page.items);
  return (
    <div className={classes.details}>
      {changes.data && changes.data.changes.length > 0 && (
        <>
          <h3 className={classes.part}>What changed</h3>
          <ul className={classes.files}>
            {changes.data.changes.map(({ path, change, size }) => (
              <li key={path} className={classes.change}>
                <span className={classes.path}>{path}</span>
                <span className={classes.facts}>
                  {change}, {formatBytes(size)}
                </span>
              </li>
            ))}
          </ul>
          {changes.data.more > 0 && <p className={classes.facts}>…and {changes.data.more} more.</p>}
        </>
      )}
      <h3 className={classes.part}>Files of then</h3>
      {files.isPending && <Loading label="Loading the files" rows={1} />}
      <ErrorNotice error={changes.error ?? files.error} />
      <ul className={classes.files}>
        {shown
          ?.filter((file) => file.kind === "file")
          .map((file) => (
            <FileRow
              key={file.path}
              id={id}
              version={version}
              path={file.path}
              size={file.size}
              canRestore={canRestore && !version.is_newest}
            />
          ))}
      </ul>
      <MoreButton query={files} label="Show more files" />
    </div>
  );
}

type FileProps = Props & { path: string; size: number };

function FileRow({ id, version, path, size, canRestore }: FileProps) {
  const [looking, setLooking] = useState(false);
  const restore = useRestoreFiles(id);
  const bringBack = () =>
    restore.mutate(
      { seq: version.seq, paths: [path] },
      { onSuccess: () => announce(`${path} is as it was.`) },
    );
  return (
    <li className={classes.file}>
      <span className={classes.path}>{path}</span>
      <span className={classes.facts}>{formatBytes(size)}</span>
      <span className={classes.buttons}>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => setLooking(true)}
          aria-label={`Look at ${path}`}
        >
          Look
        </Button>
        {!version.is_newest && (
          <Button
            size="compact-sm"
            variant="default"
            disabled={!canRestore}
            loading={restore.isPending}
            onClick={bringBack}
            aria-label={`Restore ${path}`}
          >
            Restore
          </Button>
        )}
      </span>
      <div className={classes.error}>
        <ErrorNotice error={restore.error} />
        {restore.isSuccess && <Restored>Restored: it is as it was then.</Restored>}
      </div>
      <Dialog
        opened={looking}
        onClose={() => setLooking(false)}
        title={`${path}, ${formatMoment(version.saved_at)}`}
        size="xl"
      >
        <FileOfThen id={id} seq={version.seq} path={path} />
      </Dialog>
    </li>
  );
}

function FileOfThen({ id, seq, path }: { id: string; seq: number; path: string }) {
  const query = useContentOfThen(id, seq, path);
  if (query.isPending) return <Loading label="Loading the file" rows={2} />;
  if (!query.data) return <ErrorNotice error={query.error} onRetry={() => query.refetch()} />;
  const { text, url } = query.data;
  return (
    <>
      <p>
        <a href={url}>Download this file</a>
      </p>
      {text === null ? (
        <p>This file is not text, or too long to be shown here.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        <pre className={classes.content} tabIndex={0}>
          {path.endsWith(".ipynb") ? cellsOf(text) : text}
        </pre>
      )}
    </>
  );
}

type Cell = { cell_type?: unknown; source?: unknown };

/** A notebook's cells as text; the file as it is, if it is no notebook. */
function cellsOf(text: string): string {
  try {
    const cells: Cell[] = JSON.parse(text).cells;
    return cells.map(cellOf).join("\n\n");
  } catch {
    return text;
  }
}

function cellOf({ cell_type, source }: Cell): string {
  const lines = Array.isArray(source) ? source.join("") : String(source ?? "");
  return cell_type === "code" ? `[ ] ${lines}` : lines;
}
