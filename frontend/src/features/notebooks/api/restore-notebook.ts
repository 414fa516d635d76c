import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Notebook } from "@/lib/api-models";
import { notebookKeys } from "./notebook-cache";

/** Bring a deleted notebook back, stopped. */
export function useRestoreNotebook() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.post<Notebook>(`/notebooks/${encodeURIComponent(id)}/restore`),
    onSettled: () => client.invalidateQueries({ queryKey: notebookKeys.all }),
  });
}
