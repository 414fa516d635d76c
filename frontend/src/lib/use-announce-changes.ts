import { useEffect, useRef } from "react";
import { announce } from "./announcements";

/** Something that is watched: `state` is what it is in, `words` the sentence that says so. */
export type Watched = { id: string; state: string; words: string };

/** Have screen readers say when one of these things gets into another state. */
export function useAnnounceChanges(things: readonly Watched[]): void {
  const said = useRef(new Map<string, string>());
  useEffect(() => {
    for (const { id, state, words } of things) {
      const before = said.current.get(id);
      if (before !== undefined && before !== state) announce(words);
      said.current.set(id, state);
    }
  }, [things]);
}
