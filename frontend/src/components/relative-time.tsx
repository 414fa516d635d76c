import { formatAgo, formatDateTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";

const RENEW_MS = 15_000;

/** `20 min ago`, kept true while it is shown; the exact time when pointed at. */
export function RelativeTime({ iso }: { iso: string }) {
  const now = useNow(RENEW_MS);
  return (
    <time dateTime={iso} title={formatDateTime(iso)}>
      {formatAgo(iso, now)}
    </time>
  );
}
