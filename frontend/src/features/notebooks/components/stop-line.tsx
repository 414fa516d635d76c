import { RelativeTime } from "@/components/relative-time";
import type { Notebook } from "@/lib/api-models";
import { stopDetail, stopWords } from "./notebook-words";

/** `Stopped by itself 20 min ago. Nothing ran for 30 minutes.`, or that it has never run. */
export function StopLine({ notebook }: { notebook: Notebook }) {
  const stop = notebook.last_stop;
  if (stop === null) return <>Not started yet. Nothing is charged until it runs.</>;
  return (
    <>
      {stopWords(stop.reason)} <RelativeTime iso={stop.at} />.{" "}
      {stopDetail(stop.reason, stop.message)}
    </>
  );
}
