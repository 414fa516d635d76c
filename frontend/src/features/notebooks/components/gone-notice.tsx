import { Button } from "@mantine/core";
import { Link } from "react-router";
import { Notice } from "@/components/notice";
import { paths } from "@/config/paths";
import type { Notebook } from "@/lib/api-models";
import { formatDate } from "@/lib/time";

/** There is no such notebook (any more). `deleted` is it, as long as it can be had back. */
export function GoneNotice({ deleted }: { deleted: Notebook | null }) {
  if (deleted === null) {
    return (
      <Notice
        title="No such notebook"
        action={
          <Button component={Link} to={paths.notebooks}>
            Your notebooks
          </Button>
        }
      >
        It is not there, or it belongs to somebody else. If you deleted it in the last 30 days, look
        under <Link to={paths.deletedNotebooks}>recently deleted</Link>.
      </Notice>
    );
  }
  return (
    <Notice
      title="This notebook was deleted"
      action={
        <Button component={Link} to={paths.deletedNotebooks}>
          Recently deleted
        </Button>
      }
    >
      “{deleted.name}” and its files are kept
      {deleted.purge_at && ` until ${formatDate(deleted.purge_at)}`}. You can restore it from the
      recently deleted.
    </Notice>
  );
}
