import { api } from "@/lib/api-client";
import type { Notebook } from "@/lib/api-models";
import { useNotebookMutation } from "./notebook-cache";

/** What can be changed of a notebook. A new size applies at the next start. */
export type NotebookChange = Partial<Pick<Notebook, "name" | "size" | "idle_minutes">>;

type Update = { version: number; change: NotebookChange };

/** Change a notebook that was read at `version`. Fails with 412 if it has changed since. */
export function useUpdateNotebook(id: string) {
  return useNotebookMutation(({ version, change }: Update) =>
    api.patch<Notebook>(`/notebooks/${encodeURIComponent(id)}`, {
      body: change,
      ifMatch: version,
    }),
  );
}
