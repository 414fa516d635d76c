import { Button } from "@mantine/core";
import { BackLink } from "@/components/back-link";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { MoreButton } from "@/components/more-button";
import { PageTitle } from "@/components/page-title";
import { RelativeTime } from "@/components/relative-time";
import { paths } from "@/config/paths";
import { announce } from "@/lib/announcements";
import type { Notebook } from "@/lib/api-models";
import { formatBytes } from "@/lib/bytes";
import { formatDate } from "@/lib/time";
import { useDeletedNotebooks } from "../api/get-deleted-notebooks";
import { useRestoreNotebook } from "../api/restore-notebook";
import classes from "./deleted-page.module.css";

/** Notebooks that were deleted in the last 30 days, and can be had back. */
export function DeletedPage() {
  const query = useDeletedNotebooks();
  const notebooks = query.data?.pages.flatMap((page) => page.items);
  return (
    <>
      <BackLink to={paths.notebooks}>All notebooks</BackLink>
      <PageTitle title="Recently deleted" />
      <p className={classes.intro}>
        A deleted notebook and its files are kept for 30 days. After that they are gone for good.
      </p>
      {query.isPending && <Loading label="Loading deleted notebooks" rows={1} />}
      {!query.data && <ErrorNotice error={query.error} onRetry={() => query.refetch()} />}
      {notebooks?.length === 0 && <p>Nothing here.</p>}
      {notebooks && notebooks.length > 0 && (
        <ul className={classes.list}>
          {notebooks.map((notebook) => (
            <DeletedNotebook key={notebook.id} notebook={notebook} />
          ))}
        </ul>
      )}
      <MoreButton query={query} />
    </>
  );
}

function DeletedNotebook({ notebook }: { notebook: Notebook }) {
  const restore = useRestoreNotebook();
  const { files, bytes } = notebook.workspace;
  const bringBack = () =>
    // A promise, because this row is gone before a callback given to `mutate` would be called.
    restore.mutateAsync(notebook.id).then(
      () => announce(`${notebook.name} is back.`),
      () => undefined,
    );
  return (
    <li className={classes.row}>
      <div className={classes.text}>
        <h2 className={classes.name}>{notebook.name}</h2>
        <p className={classes.facts}>
          {notebook.deleted_at && (
            <>
              Deleted <RelativeTime iso={notebook.deleted_at} />
            </>
          )}
          {notebook.purge_at && `, kept until ${formatDate(notebook.purge_at)}`}. {files}{" "}
          {files === 1 ? "file" : "files"}, {formatBytes(bytes)}.
        </p>
      </div>
      <Button
        variant="default"
        loading={restore.isPending}
        onClick={bringBack}
        aria-label={`Restore ${notebook.name}`}
      >
        Restore
      </Button>
      <div className={classes.error}>
        <ErrorNotice error={restore.error} />
      </div>
    </li>
  );
}
