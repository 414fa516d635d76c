import { Button } from "@mantine/core";
import { useState } from "react";
import { ErrorNotice } from "@/components/error-notice";
import type { Notebook, SizeOffer } from "@/lib/api-models";
import { formatDateTime, formatMinutes } from "@/lib/time";
import { useKeepRunning } from "../api/keep-running";
import classes from "./keep-running.module.css";
import { KeepRunningDialog } from "./keep-running-dialog";

type Props = { notebook: Notebook; size: SizeOffer | undefined };

/** Whether an idle notebook may stop, and the buttons to change it. */
export function KeepRunning({ notebook, size }: Props) {
  const [asking, setAsking] = useState(false);
  const keep = useKeepRunning(notebook.id);
  const { keep_until, idle_minutes } = notebook;
  return (
    <div className={classes.keep}>
      <p>
        {keep_until === null
          ? `Stops by itself after ${formatMinutes(idle_minutes)} without activity. A running cell is activity, and so is a command in a terminal.`
          : `Kept running until ${formatDateTime(keep_until)}, idle or not.`}
      </p>
      <div className={classes.buttons}>
        <Button variant="default" size="sm" onClick={() => setAsking(true)}>
          {keep_until === null ? "Keep running until…" : "Change…"}
        </Button>
        {keep_until !== null && (
          <Button
            variant="default"
            size="sm"
            loading={keep.isPending}
            onClick={() => keep.mutate(null)}
          >
            Let it stop when idle
          </Button>
        )}
      </div>
      <ErrorNotice error={keep.error} />
      <KeepRunningDialog
        notebook={notebook}
        size={size}
        opened={asking}
        onClose={() => setAsking(false)}
      />
    </div>
  );
}
