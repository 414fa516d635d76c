import { api } from "@/lib/api-client";
import type { Notebook } from "@/lib/api-models";
import { useNotebookMutation } from "./notebook-cache";

/** Have a notebook run until a time (ISO 8601), idle or not; null takes it back. */
export function useKeepRunning(id: string) {
  return useNotebookMutation((until: string | null) =>
    api.put<Notebook>(`/notebooks/${encodeURIComponent(id)}/keep-running`, { body: { until } }),
  );
}
