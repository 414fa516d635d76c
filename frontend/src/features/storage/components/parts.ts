import type { Storage } from "@/lib/api-models";

export type Part = { id: string; what: string; why: string; color: string; bytes: number };

/** What an account stores, part by part; together they are all of it. */
export function parts(storage: Storage): Part[] {
  return [
    {
      id: "notebooks",
      what: "Notebooks",
      why: "The files of your notebooks as they are now.",
      color: "blue",
      bytes: storage.notebooks_bytes,
    },
    {
      id: "history",
      what: "Earlier versions",
      why: "What only the history of your notebooks keeps. It goes by itself: by age, and when it no longer fits into your plan.",
      color: "grape",
      bytes: storage.history_bytes,
    },
    {
      id: "deleted",
      what: "Deleted notebooks",
      why: "Kept for 30 days, so that you can have them back.",
      color: "orange",
      bytes: storage.deleted_bytes,
    },
    {
      id: "offered",
      what: "Uploads on their way",
      why: "Counted before they arrive. What does not arrive, files for new notebooks and packed downloads count for two hours, until they are cleaned up. They take no room from your notebooks.",
      color: "teal",
      bytes: storage.offered_bytes,
    },
    {
      id: "rest",
      what: "Being deleted, or needed by clusters",
      why: "What nothing names any more is gone within a few hours.",
      color: "gray",
      bytes: storage.rest_bytes,
    },
  ];
}

/** Bytes that must fit into the plan for a save to grow: files of notebooks, deleted ones too. */
export function takenByFiles(storage: Storage): number {
  return storage.notebooks_bytes + storage.deleted_bytes;
}

/** Bytes that notebooks take now or took lately: all but what is only on its way. */
export function takenByNotebooks(storage: Storage): number {
  return takenByFiles(storage) + storage.history_bytes + storage.rest_bytes;
}
