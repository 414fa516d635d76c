import { api } from "@/lib/api-client";
import type { Notebook } from "@/lib/api-models";
import { useNotebookMutation } from "./notebook-cache";

/** Start a notebook; resolves when it is `starting`. */
export function useStartNotebook(id: string) {
  return useNotebookMutation(() =>
    api.post<Notebook>(`/notebooks/${encodeURIComponent(id)}/start`),
  );
}
