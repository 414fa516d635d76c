/** Milliseconds between looks at something that is starting or stopping. */
export const POLL_FAST_MS = 1_000;

/** Milliseconds between looks at something that is not expected to change. */
export const POLL_SLOW_MS = 15_000;
