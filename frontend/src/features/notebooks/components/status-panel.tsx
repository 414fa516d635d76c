import { Link } from "react-router";
import { Elapsed } from "@/components/elapsed";
import { Panel } from "@/components/panel";
import { paths } from "@/config/paths";
import type { Notebook, SizeOffer } from "@/lib/api-models";
import { ActivityNotices } from "./activity-notices";
import { CostLine } from "./cost-line";
import { FailureNotice } from "./failure-notice";
import { KeepRunning } from "./keep-running";
import { MemoryMeter } from "./memory-meter";
import { findSize, priceWords, sizeWords } from "./notebook-words";
import { StageList } from "./stage-list";
import { StatusLine } from "./status-line";
import classes from "./status-panel.module.css";

type Props = { notebook: Notebook; sizes: SizeOffer[] };

/** What the notebook is doing now. */
export function StatusPanel({ notebook, sizes }: Props) {
  const size = findSize(sizes, notebook.size);
  const { state, cost } = notebook;
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
      {state === "running" && <ActivityNotices notebook={notebook} />}
      {size && state !== "failed" && (
        <p className={classes.size}>
          {size.name}: {sizeWords(size)}. {cost === null && <Price notebook={notebook} />}
        </p>
      )}
      {cost && (
        <p className={classes.cost}>
          <CostLine cost={cost} />
        </p>
      )}
      {state === "running" && size && <MemoryMeter notebook={notebook} size={size} />}
      {state === "running" && <KeepRunning notebook={notebook} size={size} />}
    </Panel>
  );
}

/** What it will cost, while it does not run. */
function Price({ notebook }: { notebook: Notebook }) {
  if (notebook.price_usd_hour === null) {
    return (
      <>
        Not in your plan: <Link to={paths.plans}>compare plans</Link>, or choose another size.
      </>
    );
  }
  return <>It is {priceWords(notebook.price_usd_hour)} while it runs.</>;
}
