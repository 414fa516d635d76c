import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError, isTransient } from "./api-error";

const RETRIES = 2;

/** The cache of everything that the API said. `onSignedOut` hears of any 401. */
export function createQueryClient(onSignedOut: (client: QueryClient) => void): QueryClient {
  const onError = (error: unknown) => {
    if (error instanceof ApiError && error.status === 401) onSignedOut(client);
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      // "always": on one machine everything works without any network, so the browser's word
      // that it is offline stops nothing.
      queries: {
        networkMode: "always",
        retry: (failures, error) => isTransient(error) && failures < RETRIES,
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
  return client;
}

/** Milliseconds until the next look: `normal`, or longer when the API said to wait. */
export function pollInterval(normal: number, lastError: unknown): number {
  const seconds = lastError instanceof ApiError ? lastError.retryAfterSeconds : null;
  return Math.max(normal, (seconds ?? 0) * 1_000);
}
