import { Skeleton } from "@mantine/core";
import classes from "./loading.module.css";

type Props = { label: string; rows?: number };

/** Grey rows where something is about to be, and its name for screen readers. */
export function Loading({ label, rows = 3 }: Props) {
  return (
    <div className={classes.rows} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike.
        <Skeleton key={row} height={88} radius="lg" />
      ))}
    </div>
  );
}
