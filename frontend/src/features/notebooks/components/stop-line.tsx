import { RelativeTime } from "@/components/relative-time";
import type { Notebook } from "@/lib/api-models";
import { stopWords } from "./notebook-words";

/** `Stopped by itself 20 min ago: idle for 30 min`, or that it has never run. */
export function StopLine({ notebook }: { notebook: Notebook }) {
  const stop = notebook.last_stop;
  if (stop === null) return <>Not started yet. Its files take no computing time.</>;
  const message = stop.reason === "user" ? "" : stop.message;
  return (
    <>
      {stopWords(stop.reason)} <RelativeTime iso={stop.at} />
      {message ? `: ${message}` : "."}
    </>
  );
}
