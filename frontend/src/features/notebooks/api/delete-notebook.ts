import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import { forgetNotebook, notebookKeys } from "./notebook-cache";

/** Delete a notebook. Its files are kept for 30 days, and it can be restored. */
export function useDeleteNotebook() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.delete(`/notebooks/${encodeURIComponent(id)}`),
    onMutate: () => client.cancelQueries({ queryKey: notebookKeys.all }),
    onSuccess: (_, id) => forgetNotebook(client, id),
    onSettled: () => client.invalidateQueries({ queryKey: notebookKeys.all }),
  });
}
