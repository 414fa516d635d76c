import { useQuery } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Storage } from "@/lib/api-models";

/** What the account stores, and what that costs. */
export function useStorage() {
  return useQuery({
    queryKey: ["storage"],
    queryFn: ({ signal }) => api.get<Storage>("/storage", { signal }),
  });
}
