import { Progress } from "@mantine/core";
import type { Storage } from "@/lib/api-models";
import { formatBytes, percent } from "@/lib/bytes";
import { parts, takenByFiles, takenByNotebooks } from "./parts";
import classes from "./storage-page.module.css";

/** How full the account is: one bar with a section for each part. */
export function UseBar({ storage }: { storage: Storage }) {
  const { total_bytes, quota_bytes } = storage;
  const whole = Math.max(total_bytes, quota_bytes);
  return (
    <>
      <Progress.Root size="lg" aria-hidden>
        {parts(storage).map(({ id, color, bytes }) => (
          <Progress.Section key={id} value={percent(bytes, whole)} color={color} />
        ))}
      </Progress.Root>
      <p className={classes.use}>
        {formatBytes(total_bytes)} stored, and room for {formatBytes(quota_bytes)} of notebooks.
      </p>
      {takenByFiles(storage) >= quota_bytes && (
        <p className={classes.full}>
          Your notebooks fill your plan. Delete files or notebooks, or choose a plan with more
          storage, to save more.
        </p>
      )}
      {takenByFiles(storage) < quota_bytes && takenByNotebooks(storage) >= quota_bytes && (
        <p className={classes.full}>
          Your plan is full. Saving goes on: earlier versions of files go first, the oldest before
          the others.
        </p>
      )}
    </>
  );
}
