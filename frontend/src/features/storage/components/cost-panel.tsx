import { Link } from "react-router";
import { Panel } from "@/components/panel";
import { paths } from "@/config/paths";
import type { Storage } from "@/lib/api-models";
import { formatBytes } from "@/lib/bytes";
import { formatSpent, parseUsd } from "@/lib/money";
import { formatDateTime } from "@/lib/time";
import classes from "./storage-page.module.css";

/** What is in the plan, what a month of all this would cost beyond it, and what was charged. */
export function CostPanel({ storage }: { storage: Storage }) {
  const { included_bytes, total_bytes, usd_month, charged_usd, charged_until } = storage;
  return (
    <Panel title="Cost" actions={<Link to={paths.billing}>Usage and bills</Link>}>
      <div className={classes.cost}>
        <p>
          {formatBytes(included_bytes)} are in your plan.{" "}
          {total_bytes > included_bytes
            ? `A month of what is stored now costs ${formatSpent(parseUsd(usd_month))} on top.`
            : "You pay nothing on top."}
        </p>
        <p>
          Storage is charged for as long as it is there, to the second.
          {charged_until !== null &&
            ` This month, until ${formatDateTime(charged_until)}: ${formatSpent(parseUsd(charged_usd))}.`}
        </p>
      </div>
    </Panel>
  );
}
