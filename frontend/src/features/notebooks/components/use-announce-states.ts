import { useMemo } from "react";
import type { Notebook } from "@/lib/api-models";
import { useAnnounceChanges } from "@/lib/use-announce-changes";
import { spokenState } from "./notebook-words";

/** Have screen readers say when one of these notebooks gets into another state or stage. */
export function useAnnounceStates(notebooks: readonly Notebook[]): void {
  useAnnounceChanges(useMemo(() => notebooks.map(watched), [notebooks]));
}

function watched(notebook: Notebook) {
  const { id, state, stages } = notebook;
  return { id, state: `${state} ${stages.length}`, words: spokenState(notebook) };
}
