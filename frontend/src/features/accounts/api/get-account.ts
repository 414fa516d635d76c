import { queryOptions, useQuery } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import { ApiError } from "@/lib/api-error";
import type { Account } from "@/lib/api-models";

const FRESH_MS = 60_000;

/** Who is signed in; null if nobody is, which is no error. */
export const accountQuery = queryOptions({
  queryKey: ["account"],
  queryFn: ({ signal }) => getAccount(signal),
  staleTime: FRESH_MS,
});

/** Who is signed in. */
export function useAccount() {
  return useQuery(accountQuery);
}

async function getAccount(signal: AbortSignal): Promise<Account | null> {
  try {
    return await api.get<Account>("/me", { signal });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}
