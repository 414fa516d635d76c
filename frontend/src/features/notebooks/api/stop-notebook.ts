import { api } from "@/lib/api-client";
import type { Notebook } from "@/lib/api-models";
import { useNotebookMutation } from "./notebook-cache";

/** Save the files and stop; resolves when it is `stopping`. */
export function useStopNotebook(id: string) {
  return useNotebookMutation(() => api.post<Notebook>(`/notebooks/${encodeURIComponent(id)}/stop`));
}
