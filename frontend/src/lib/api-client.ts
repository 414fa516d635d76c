import { errorFromResponse, unreachable } from "./api-error";
import { connectionLost, connectionWorks } from "./connection";
import { learnServerTime } from "./server-clock";

type Options = {
  /** Sent as JSON. */
  body?: unknown;
  /** The version that an update is based on. */
  ifMatch?: number;
  /** Query parameters; those that are undefined are left out. */
  query?: Record<string, string | undefined>;
  signal?: AbortSignal;
};

/**
 * The API, by method. Paths are relative to `/api`.
 *
 * Resolves to the decoded body (undefined for 204) and rejects with `ApiError`, nothing else,
 * except for an `AbortError` when `signal` fired.
 */
export const api = {
  get: <T>(path: string, options?: Options) => request<T>("GET", path, options),
  post: <T>(path: string, options?: Options) => request<T>("POST", path, options),
  put: <T>(path: string, options?: Options) => request<T>("PUT", path, options),
  patch: <T>(path: string, options?: Options) => request<T>("PATCH", path, options),
  delete: <T = void>(path: string, options?: Options) => request<T>("DELETE", path, options),
};

async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const response = await send(method, path, options);
  connectionWorks();
  learnServerTime(response.headers.get("Date"));
  if (!response.ok) throw await errorFromResponse(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function send(method: string, path: string, options: Options): Promise<Response> {
  try {
    return await fetch(`/api${path}${queryString(options.query)}`, {
      method,
      headers: headers(method, options),
      credentials: "same-origin",
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: options.signal ?? null,
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    connectionLost();
    throw unreachable();
  }
}

function headers(method: string, options: Options): Record<string, string> {
  const unsafe = method !== "GET";
  return {
    Accept: "application/json",
    // Other sites can make a browser send our cookie, but not this header.
    ...(unsafe && { "X-Ramon-Request": "1" }),
    ...(options.body !== undefined && { "Content-Type": "application/json" }),
    ...(options.ifMatch !== undefined && { "If-Match": `"${options.ifMatch}"` }),
  };
}

function queryString(query: Options["query"] = {}): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] != null);
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
