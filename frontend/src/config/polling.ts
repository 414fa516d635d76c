/** Milliseconds between looks at something that is starting or stopping. */
export const POLL_FAST_MS = 1_000;

/** Milliseconds between looks at a cluster that works: its notebook tells of it every 10 s. */
export const POLL_LIVE_MS = 5_000;

/** Milliseconds between looks at something that is not expected to change. */
export const POLL_SLOW_MS = 15_000;

/** Milliseconds between looks at what is spent, while somebody looks at the bill. */
export const POLL_BILL_MS = 10_000;

/** Milliseconds between looks for notices, on every page. */
export const POLL_NOTICES_MS = 60_000;
