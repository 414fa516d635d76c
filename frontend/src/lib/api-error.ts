/** Any request that did not succeed. `message` is for the person and says what to do. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  /** HTTP status; 0 when no answer came at all. */
  readonly status: number;
  /** A word for programs, such as `plan_limit`. */
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Seconds to wait before trying again, if the server said so. */
  readonly retryAfterSeconds: number | null;

  constructor(status: number, code: string, message: string, more: More = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = more.details ?? {};
    this.retryAfterSeconds = more.retryAfterSeconds ?? null;
  }
}

type More = { details?: Record<string, unknown>; retryAfterSeconds?: number | null };

/** The browser got no answer: offline, or the service is down. */
export function unreachable(): ApiError {
  return new ApiError(
    0,
    "unreachable",
    "The server can't be reached. Check your connection, and try again.",
  );
}

/** The error in `response`, whoever wrote it: the API in its one shape, or a proxy before it. */
export async function errorFromResponse(response: Response): Promise<ApiError> {
  const body = await readErrorBody(response);
  return new ApiError(
    response.status,
    body?.code ?? "unexpected",
    body?.message ?? fallbackMessage(response.status),
    { details: body?.details ?? {}, retryAfterSeconds: retryAfter(response) },
  );
}

/** The sentence to show for anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  return "Something went wrong on this page. Reload it and try again.";
}

/** Whether trying the same request again by itself may help. */
export function isTransient(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}

/** Whether an error says that there is no such thing (any more). */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 410);
}

/** What the API said about one field of a form, or null. `source.url` is told to `source` too. */
export function fieldError(error: unknown, field: string): string | null {
  if (!(error instanceof ApiError)) return null;
  const at = error.details.field;
  const here = typeof at === "string" && (at === field || at.startsWith(`${field}.`));
  return here ? error.message : null;
}

/** Whether the API's complaint belongs to none of `fields`, and so to the form as a whole. */
export function isFormError(error: unknown, fields: readonly string[]): boolean {
  return error != null && !fields.some((field) => fieldError(error, field) !== null);
}

type ErrorShape = { code: string; message: string; details: Record<string, unknown> };

async function readErrorBody(response: Response): Promise<ErrorShape | null> {
  const body: unknown = await response.json().catch(() => null);
  const error = (body as { error?: Partial<ErrorShape> } | null)?.error;
  if (typeof error?.code !== "string" || typeof error.message !== "string") return null;
  return { code: error.code, message: error.message, details: error.details ?? {} };
}

function retryAfter(response: Response): number | null {
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return Number.isNaN(seconds) ? null : seconds;
}

function fallbackMessage(status: number): string {
  if (status >= 500) return "The server had a problem. Wait a moment and try again.";
  if (status === 429) return "Too many requests. Wait a moment and try again.";
  return `The server refused this request (${status}). Reload the page and try again.`;
}
