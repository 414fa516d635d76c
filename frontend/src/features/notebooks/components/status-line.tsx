import { Elapsed } from "@/components/elapsed";
import { RelativeTime } from "@/components/relative-time";
import { RunningFor } from "@/components/running-for";
import type { Notebook } from "@/lib/api-models";
import { busyWords } from "./activity-notices";
import { currentStage, stageLabel } from "./notebook-words";
import { StopLine } from "./stop-line";

/** What a notebook is doing, or why it is not, in one sentence. */
export function StatusLine({ notebook }: { notebook: Notebook }) {
  switch (notebook.state) {
    case "running":
      return <RunningLine notebook={notebook} />;
    case "starting":
      return <StartingLine notebook={notebook} />;
    case "stopping":
      return (
        <>
          Saving the files and stopping… <Elapsed iso={notebook.state_since} />
        </>
      );
    case "failed":
      return <>{notebook.failure?.message ?? "It failed, and the reason is not known."}</>;
    case "stopped":
      return <StopLine notebook={notebook} />;
    case "unknown":
      return <>Its state is not known just now. Reload this page in some minutes.</>;
  }
}

function RunningLine({ notebook }: { notebook: Notebook }) {
  const busy = busyWords(notebook);
  return (
    <>
      Running for <RunningFor since={notebook.state_since} />
      {busy && `; ${busy}`}
      {!busy && notebook.last_activity_at && (
        <>
          , last active <RelativeTime iso={notebook.last_activity_at} />
        </>
      )}
      .
    </>
  );
}

function StartingLine({ notebook }: { notebook: Notebook }) {
  const stage = currentStage(notebook);
  return (
    <>
      {stage === null ? "Asked for a machine" : stageLabel(stage.name)}…{" "}
      <Elapsed iso={notebook.state_since} />
    </>
  );
}
