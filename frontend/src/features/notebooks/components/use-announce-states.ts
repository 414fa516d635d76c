import { useEffect, useRef } from "react";
import { announce } from "@/lib/announcements";
import type { Notebook } from "@/lib/api-models";
import { spokenState } from "./notebook-words";

/** Have screen readers say when one of these notebooks gets into another state or stage. */
export function useAnnounceStates(notebooks: readonly Notebook[]): void {
  const said = useRef(new Map<string, string>());
  useEffect(() => {
    for (const notebook of notebooks) {
      const now = `${notebook.state} ${notebook.stages.length}`;
      const before = said.current.get(notebook.id);
      if (before !== undefined && before !== now) announce(spokenState(notebook));
      said.current.set(notebook.id, now);
    }
  }, [notebooks]);
}
