import { queryOptions, useQuery } from "@tanstack/react-query";
import { POLL_FAST_MS, POLL_SLOW_MS } from "@/config/polling";
import { api } from "@/lib/api-client";
import { isGone } from "@/lib/api-error";
import type { Notebook } from "@/lib/api-models";
import { pollInterval } from "@/lib/query-client";
import { isChanging, notebookKeys } from "./notebook-cache";

export const notebookQuery = (id: string) =>
  queryOptions({
    queryKey: notebookKeys.one(id),
    queryFn: ({ signal }) => getNotebook(id, signal),
    refetchInterval: ({ state }) => {
      if (isGone(state.error)) return false;
      const changing = state.data !== undefined && isChanging(state.data);
      return pollInterval(changing ? POLL_FAST_MS : POLL_SLOW_MS, state.error);
    },
  });

/** One notebook, kept up to date while somebody looks. */
export function useNotebook(id: string) {
  return useQuery(notebookQuery(id));
}

/** The notebook as it is now. */
export function getNotebook(id: string, signal?: AbortSignal): Promise<Notebook> {
  return api.get<Notebook>(`/notebooks/${encodeURIComponent(id)}`, { ...(signal && { signal }) });
}
