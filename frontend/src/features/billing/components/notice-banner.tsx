import { CloseButton } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import { POLL_NOTICES_MS } from "@/config/polling";
import type { Billing, BillingNotice } from "@/lib/api-models";
import { formatDateTime } from "@/lib/time";
import { useBilling } from "../api/get-billing";
import classes from "./notice-banner.module.css";
import { NoticeFix } from "./notice-fix";

const ICONS = { info: Info, warning: TriangleAlert, error: CircleAlert };

/** The levels, the gravest last. */
const GRAVITY: ReadonlyArray<BillingNotice["level"]> = ["info", "warning", "error"];

/** How many notices are remembered as read, so that the browser's memory does not fill up. */
const REMEMBERED = 20;

/** What one must know of the bill wherever one is, each with what can be done about it. */
export function NoticeBanner() {
  const billing = useBilling(POLL_NOTICES_MS).data;
  const [read, setRead] = useLocalStorage<string[]>({ key: "read-notices", defaultValue: [] });
  const unread = billing?.notices
    .filter((notice) => !read.includes(keyOf(notice, billing)))
    .toSorted((a, b) => GRAVITY.indexOf(b.level) - GRAVITY.indexOf(a.level));
  const markAsRead = (key: string) => setRead((keys) => [...keys, key].slice(-REMEMBERED));
  return (
    <div role="status">
      {billing &&
        unread?.map((notice) => (
          <Notice
            key={notice.kind}
            notice={notice}
            billing={billing}
            onRead={() => markAsRead(keyOf(notice, billing))}
          />
        ))}
    </div>
  );
}

type NoticeProps = { notice: BillingNotice; billing: Billing; onRead: () => void };

function Notice({ notice, billing, onRead }: NoticeProps) {
  const Icon = ICONS[notice.level];
  return (
    <div className={classes.notice} data-level={notice.level}>
      <div className={classes.inner}>
        <Icon size={18} aria-hidden className={classes.icon} />
        <p className={classes.words}>{notice.message}</p>
        {notice.until && (
          <p className={classes.until}>
            Date: <time dateTime={notice.until}>{formatDateTime(notice.until)}</time>
          </p>
        )}
        <NoticeFix notice={notice} billing={billing} />
        {notice.level !== "error" && (
          <CloseButton size="sm" aria-label="Close this notice" onClick={onRead} />
        )}
      </div>
    </div>
  );
}

/** The same occasion has the same key: another month, limit or date is another occasion. */
function keyOf({ kind, until }: BillingNotice, { month, limit_usd }: Billing): string {
  return [kind, until ?? month, limit_usd].join(" ");
}
