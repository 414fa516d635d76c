import { Progress } from "@mantine/core";
import type { Notebook, SizeOffer } from "@/lib/api-models";
import { formatBytes, percent } from "@/lib/bytes";
import classes from "./memory-meter.module.css";

const GIB = 1024 ** 3;
const NEARLY_FULL = 90;

/** How much of its memory a running notebook uses; nothing until it has told so. */
export function MemoryMeter({ notebook, size }: { notebook: Notebook; size: SizeOffer }) {
  if (notebook.memory_bytes === null) return null;
  const share = percent(notebook.memory_bytes, size.memory_gib * GIB);
  const use = `${formatBytes(notebook.memory_bytes)} of ${size.memory_gib} GiB memory used`;
  return (
    <div className={classes.memory}>
      <Progress value={share} aria-label={use} {...(share > NEARLY_FULL && { color: "red" })} />
      <p className={classes.words}>
        {use}.
        {share > NEARLY_FULL && " When it is full, the notebook is ended: choose a larger size."}
      </p>
    </div>
  );
}
