import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import { leaveFor } from "@/lib/leave";
import { notebookKeys } from "./notebook-cache";

/** Get a ticket for a running notebook's own origin, and go there with it. */
export function useOpenNotebook(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.post<{ url: string }>(`/notebooks/${encodeURIComponent(id)}/open`),
    onSuccess: ({ url }) => leaveFor(url),
    // It may have stopped a moment ago: look again, and the page says so.
    onError: () => client.invalidateQueries({ queryKey: notebookKeys.one(id) }),
  });
}
