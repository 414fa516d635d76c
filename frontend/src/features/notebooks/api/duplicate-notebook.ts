import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Notebook } from "@/lib/api-models";
import { notebookKeys } from "./notebook-cache";

/** Make a second notebook with the same files. The API names it. */
export function useDuplicateNotebook() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      api.post<Notebook>(`/notebooks/${encodeURIComponent(id)}/duplicate`, { body: {} }),
    onSettled: () => client.invalidateQueries({ queryKey: notebookKeys.list }),
  });
}
