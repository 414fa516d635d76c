import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Notebook } from "@/lib/api-models";
import { notebookKeys } from "./notebook-cache";

export type NotebookSource =
  | { kind: "blank" }
  | { kind: "upload"; upload_id: string }
  | { kind: "github"; url: string };

type NewNotebook = { name: string; size: string; idle_minutes: number; source: NotebookSource };

/** Create a notebook. It does not start by itself, so it costs nothing yet. */
export function useCreateNotebook() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewNotebook) => api.post<Notebook>("/notebooks", { body }),
    onSuccess: (notebook) => {
      client.setQueryData(notebookKeys.one(notebook.id), notebook);
      return client.invalidateQueries({ queryKey: notebookKeys.list });
    },
  });
}
