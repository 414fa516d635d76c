/**
 * The server's time, as well as a browser can know it.
 *
 * Elapsed seconds and "20 min ago" are differences to times that the server wrote; on a laptop
 * whose clock is off they would be nonsense. Every response says the server's time in its `Date`
 * header (to the second), so we remember how far the two clocks are apart.
 */

/** Differences below this many milliseconds are the header's own coarseness, not an error. */
const TOLERANCE_MS = 2_000;

let offsetMs = 0;

/** Learn from a response's `Date` header. */
export function learnServerTime(dateHeader: string | null, now: number = Date.now()): void {
  const said = dateHeader === null ? Number.NaN : Date.parse(dateHeader);
  if (Number.isNaN(said)) return;
  const difference = said - now;
  offsetMs = Math.abs(difference) > TOLERANCE_MS ? difference : 0;
}

/** Milliseconds since 1970 on the server's clock. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}
