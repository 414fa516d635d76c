import { formatDuration, secondsSince } from "@/lib/time";
import { useNow } from "@/lib/use-now";

const RENEW_MS = 5_000;

/** `2 h 14 min`: how long something has been going on. */
export function RunningFor({ since }: { since: string }) {
  const now = useNow(RENEW_MS);
  return <span className="numbers">{formatDuration(secondsSince(since, now))}</span>;
}
