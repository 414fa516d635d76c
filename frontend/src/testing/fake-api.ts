import { vi } from "vitest";

/** A request as a test sees it. */
export type Seen = {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
  headers: Headers;
};

export type Answer = { status?: number; body?: unknown; headers?: Record<string, string> };

/** Answers to one operation: the same always, or made from each request. */
type Handler = Answer | ((seen: Seen) => Answer);

/**
 * An API for one test: `{"GET /notebooks": {body: …}}`. What is not listed answers 404 in the
 * API's own shape. Returns every request that was made, as it comes in, and `on` to change answers.
 */
export function fakeApi(handlers: Record<string, Handler>) {
  const seen: Seen[] = [];
  const answers = new Map(Object.entries(handlers));
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const [path = "", query] = url.replace(/^\/api/, "").split("?");
    const request = {
      method: init.method ?? "GET",
      path,
      query: new URLSearchParams(query),
      ...contents(init),
    };
    seen.push(request);
    const handler = answers.get(`${request.method} ${path}`) ?? refusal(404, "not_found");
    return respond(typeof handler === "function" ? handler(request) : handler);
  });
  return {
    seen,
    /** The requests of one operation. */
    requests: (operation: string) =>
      seen.filter(({ method, path }) => `${method} ${path}` === operation),
    /** Answer differently from now on. */
    on: (operation: string, handler: Handler) => answers.set(operation, handler),
  };
}

/** An error in the API's one shape. */
export function refusal(
  status: number,
  code: string,
  message = `Refused: ${code}.`,
  details: Record<string, unknown> = {},
): Answer {
  return { status, body: { error: { code, message, details } } };
}

function contents(init: RequestInit) {
  const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : null;
  return { body, headers: new Headers(init.headers) };
}

function respond({ status = 200, body, headers }: Answer): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), {
    status: body === undefined ? 204 : status,
    ...(headers && { headers }),
  });
}
