import { Alert } from "@mantine/core";
import { CircleAlert, Info } from "lucide-react";
import { RelativeTime } from "@/components/relative-time";
import type { Notebook } from "@/lib/api-models";
import classes from "./failure-notice.module.css";

const LOOK = {
  className: classes.notice ?? "",
  classNames: { message: classes.message ?? "", icon: classes.icon ?? "" },
};

/** Of what goes as it should. */
const NEWS = {
  className: classes.news ?? "",
  classNames: { message: classes.message ?? "", icon: classes.newsIcon ?? "" },
};

/** What its owner should know of a running notebook: a kernel that died, packages that fail. */
export function ActivityNotices({ notebook }: { notebook: Notebook }) {
  const { activity } = notebook;
  if (activity === null) return null;
  const { kernel_death, packages } = activity;
  return (
    <>
      {kernel_death && (
        <Alert {...LOOK} icon={<CircleAlert size={18} aria-hidden />}>
          <p>
            {kernel_death.notebook && <>{kernel_death.notebook}: </>}
            {kernel_death.reason}
          </p>
          <p className={classes.when}>
            It died <RelativeTime iso={kernel_death.at} />.
          </p>
        </Alert>
      )}
      {packages && packages.waiting > 0 && (
        <Alert {...NEWS} role="status" icon={<Info size={18} aria-hidden />}>
          <p>Installing {count(packages.waiting, "package")} of this notebook again…</p>
        </Alert>
      )}
      {packages?.failed && packages.failed.length > 0 && (
        <Alert {...LOOK} icon={<CircleAlert size={18} aria-hidden />}>
          {packages.failed.map(({ requirement, reason }) => (
            <p key={requirement}>
              {requirement} could not be installed again: {reason}
            </p>
          ))}
        </Alert>
      )}
    </>
  );
}

/** What runs in a notebook: "a cell runs", "2 terminals run commands"; null if nothing does. */
export function busyWords({ activity }: Notebook): string | null {
  if (activity === null) return null;
  const { busy_kernels = 0, busy_terminals = 0 } = activity;
  const parts = [
    busy_kernels > 0 && `cells run in ${count(busy_kernels, "kernel")}`,
    busy_terminals > 0 && `commands run in ${count(busy_terminals, "terminal")}`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? parts.join(", ") : null;
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}
