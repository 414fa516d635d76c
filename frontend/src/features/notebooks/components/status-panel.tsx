import { Elapsed } from "@/components/elapsed";
import { Panel } from "@/components/panel";
import type { Notebook, Size } from "@/lib/api-models";
import { perHour } from "@/lib/money";
import { FailureNotice } from "./failure-notice";
import { KeepRunning } from "./keep-running";
import { MemoryMeter } from "./memory-meter";
import { findSize, sizeWords } from "./notebook-words";
import { StageList } from "./stage-list";
import { StatusLine } from "./status-line";
import classes from "./status-panel.module.css";

type Props = { notebook: Notebook; sizes: Size[] };

/** What the notebook is doing now. */
export function StatusPanel({ notebook, sizes }: Props) {
  const size = findSize(sizes, notebook.size);
  const { state } = notebook;
  return (
    <Panel
      title={state === "starting" ? "Starting" : "Now"}
      actions={state === "starting" && <Elapsed iso={notebook.state_since} />}
    >
      {state === "starting" && <StageList stages={notebook.stages} />}
      {state === "failed" && <FailureNotice notebook={notebook} />}
      {state !== "starting" && state !== "failed" && (
        <p className={classes.line}>
          <StatusLine notebook={notebook} />
        </p>
      )}
      {size && state !== "failed" && (
        <p className={classes.size}>
          {size.name}: {sizeWords(size)}, {perHour(size.price_usd_hour)} while it runs.
        </p>
      )}
      {state === "running" && size && <MemoryMeter notebook={notebook} size={size} />}
      {state === "running" && <KeepRunning notebook={notebook} size={size} />}
    </Panel>
  );
}
