import { Alert } from "@mantine/core";
import { CircleAlert } from "lucide-react";
import { RelativeTime } from "@/components/relative-time";
import type { Notebook } from "@/lib/api-models";
import classes from "./failure-notice.module.css";

/** Why a notebook failed, when, and what that means for the files. */
export function FailureNotice({ notebook }: { notebook: Notebook }) {
  const { failure, state_since, workspace } = notebook;
  return (
    <Alert
      className={classes.notice ?? ""}
      classNames={{ message: classes.message ?? "", icon: classes.icon ?? "" }}
      icon={<CircleAlert size={18} aria-hidden />}
    >
      <p>{failure?.message ?? "It failed, and the reason is not known. Start it again."}</p>
      <p className={classes.when}>
        Failed <RelativeTime iso={state_since} />.
        {workspace.saved_at && (
          <>
            {" "}
            Files were last saved <RelativeTime iso={workspace.saved_at} />.
          </>
        )}
      </p>
    </Alert>
  );
}
