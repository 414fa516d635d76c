import { formatElapsed, secondsSince } from "@/lib/time";
import { useNow } from "@/lib/use-now";

const RENEW_MS = 500;

/** Seconds since `iso`, ticking. Not read out: what changes every second would never stop. */
export function Elapsed({ iso }: { iso: string }) {
  const now = useNow(RENEW_MS);
  return (
    <span className="numbers" aria-hidden>
      {formatElapsed(secondsSince(iso, now))}
    </span>
  );
}
