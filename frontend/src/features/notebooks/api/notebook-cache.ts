import {
  type InfiniteData,
  type QueryClient,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import type { Notebook, Page } from "@/lib/api-models";

/** Where notebooks are in the cache. All of them begin with `all`. */
export const notebookKeys = {
  all: ["notebooks"],
  list: ["notebooks", "list"],
  deleted: ["notebooks", "deleted"],
  one: (id: string) => ["notebooks", "one", id],
  servers: (id: string) => ["notebooks", "servers", id],
} as const;

/** Whether it is on its way to another state, and worth a look every second. */
export function isChanging(notebook: Notebook): boolean {
  return notebook.state === "starting" || notebook.state === "stopping";
}

/** Put what the API just said of a notebook everywhere that it is shown. */
export function storeNotebook(client: QueryClient, notebook: Notebook): void {
  client.setQueryData(notebookKeys.one(notebook.id), notebook);
  client.setQueryData<InfiniteData<Page<Notebook>>>(notebookKeys.list, (list) =>
    mapItems(list, (items) => items.map((item) => (item.id === notebook.id ? notebook : item))),
  );
}

/** Take a notebook out of the list, when the API has deleted it. */
export function forgetNotebook(client: QueryClient, id: string): void {
  client.setQueryData<InfiniteData<Page<Notebook>>>(notebookKeys.list, (list) =>
    mapItems(list, (items) => items.filter((item) => item.id !== id)),
  );
}

/**
 * A change of one notebook that the API answers with the whole notebook.
 *
 * Looks that are under way are cancelled first: they may have seen the state before the change,
 * and would set the page back for a second.
 */
export function useNotebookMutation<V>(change: (variables: V) => Promise<Notebook>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onMutate: () => client.cancelQueries({ queryKey: notebookKeys.all }),
    onSuccess: (notebook) => storeNotebook(client, notebook),
    onError: () => client.invalidateQueries({ queryKey: notebookKeys.all }),
  });
}

function mapItems(
  list: InfiniteData<Page<Notebook>> | undefined,
  change: (items: Notebook[]) => Notebook[],
) {
  return list && { ...list, pages: list.pages.map((p) => ({ ...p, items: change(p.items) })) };
}
