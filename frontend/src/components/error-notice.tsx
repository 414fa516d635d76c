import { Alert, Button } from "@mantine/core";
import { CircleAlert } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { ApiError, messageOf } from "@/lib/api-error";
import classes from "./error-notice.module.css";

type Props = {
  error: unknown;
  /** What "Try again" does; without it there is no button. */
  onRetry?: (() => void) | undefined;
  /** The button or link that fixes it. */
  action?: ReactNode;
};

/** An error where it happened. Shows nothing without one. After a 429 it counts the wait down. */
export function ErrorNotice({ error, onRetry, action }: Props) {
  if (error == null) return null;
  return (
    <Alert
      className={classes.notice ?? ""}
      role="alert"
      icon={<CircleAlert size={18} aria-hidden />}
      classNames={{ message: classes.message ?? "", icon: classes.icon ?? "" }}
    >
      <span>{messageOf(error)}</span>
      {action}
      {onRetry && <RetryButton error={error} onRetry={onRetry} />}
    </Alert>
  );
}

function RetryButton({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const wait = useCountdown(error instanceof ApiError ? (error.retryAfterSeconds ?? 0) : 0, error);
  return (
    <Button size="compact-sm" variant="default" disabled={wait > 0} onClick={onRetry}>
      {wait > 0 ? `Try again in ${wait} s` : "Try again"}
    </Button>
  );
}

/** Seconds left of `seconds`, starting anew whenever `occasion` is another one. */
function useCountdown(seconds: number, occasion: unknown): number {
  const [left, setLeft] = useState(seconds);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same wait, told twice, starts anew.
  useEffect(() => {
    setLeft(seconds);
    const timer = setInterval(() => setLeft((now) => Math.max(0, now - 1)), 1_000);
    return () => clearInterval(timer);
  }, [seconds, occasion]);
  return left;
}
