import {
  infiniteQueryOptions,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type {
  Page,
  SnapshotChanges,
  SnapshotContent,
  SnapshotFile,
  Version,
} from "@/lib/api-models";
import { notebookKeys } from "./notebook-cache";

const snapshots = (id: string) => `/notebooks/${encodeURIComponent(id)}/snapshots`;
const historyKey = (id: string) => [...notebookKeys.all, "history", id] as const;

const versionsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: historyKey(id),
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<Version>>(snapshots(id), { query: { cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

/** The kept versions of a notebook's files, newest first. */
export function useVersions(id: string) {
  return useInfiniteQuery(versionsQuery(id));
}

/** What changed in a version. */
export function useChanges(id: string, seq: number) {
  return useQuery({
    queryKey: [...historyKey(id), seq, "changes"],
    queryFn: ({ signal }) =>
      api.get<SnapshotChanges>(`${snapshots(id)}/${seq}/changes`, { signal }),
  });
}

/** The files of a version, by path. */
export function useFilesOfThen(id: string, seq: number) {
  return useInfiniteQuery({
    queryKey: [...historyKey(id), seq, "files"],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<SnapshotFile>>(`${snapshots(id)}/${seq}/files`, {
        query: { cursor: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** A file of a version: its text if it is short, and where to download it. */
export function useContentOfThen(id: string, seq: number, path: string) {
  return useQuery({
    queryKey: [...historyKey(id), seq, "file", path],
    queryFn: ({ signal }) =>
      api.get<SnapshotContent>(`${snapshots(id)}/${seq}/file`, { query: { path }, signal }),
  });
}

/** Restore these files of a version, or all of it, as the newest version. */
export function useRestoreFiles(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ seq, paths }: { seq: number; paths: string[] | null }) =>
      api.post<Version>(`${snapshots(id)}/${seq}/restore`, { body: { paths } }),
    onSettled: () => client.invalidateQueries({ queryKey: notebookKeys.all }),
  });
}

/** Pack a version into a zip; gives the address to download it. */
export function useZip(id: string) {
  return useMutation({
    mutationFn: (seq: number) => api.post<{ url: string }>(`${snapshots(id)}/${seq}/zip`),
  });
}
