import { Button, NativeSelect } from "@mantine/core";
import { Download } from "lucide-react";
import { useSearchParams } from "react-router";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Panel } from "@/components/panel";
import { usageCsvUrl } from "@/config/paths";
import type { Billing, Usage } from "@/lib/api-models";
import { parseUsd } from "@/lib/money";
import { formatMonth, monthsSince } from "@/lib/time";
import { useUsage } from "../api/get-usage";
import { DayFigure } from "./day-figure";
import { EmptyUsage } from "./empty-usage";
import { MeterTable } from "./meter-table";
import { ResourceTable } from "./resource-table";
import { SumFigure } from "./sum-figure";
import classes from "./usage-panel.module.css";

type Props = { billing: Billing; since: string };

/** A month's usage: plots, what it was for, what was counted, and all of it as a file. */
export function UsagePanel({ billing, since }: Props) {
  const [search, setSearch] = useSearchParams();
  const months = monthsSince(since, billing.month);
  const asked = search.get("month");
  const month = asked !== null && months.includes(asked) ? asked : billing.month;
  const query = useUsage(month);
  const choose = (chosen: string) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        after.set("month", chosen);
        return after;
      },
      { replace: true },
    );
  return (
    <Panel
      title="Usage"
      actions={
        <div className={classes.actions}>
          <NativeSelect
            size="sm"
            aria-label="Month"
            value={month}
            data={months.map((value) => ({ value, label: formatMonth(value) }))}
            onChange={(event) => choose(event.currentTarget.value)}
          />
          <Button
            variant="default"
            size="sm"
            component="a"
            href={usageCsvUrl(month)}
            download
            leftSection={<Download size={15} aria-hidden />}
            aria-label={`Download ${formatMonth(month)} as CSV`}
          >
            CSV
          </Button>
        </div>
      }
    >
      {query.isPending && <Loading label="Loading the usage" rows={2} />}
      {!query.data && <ErrorNotice error={query.error} onRetry={() => query.refetch()} />}
      {query.data && (
        <div aria-busy={query.isPlaceholderData} className={classes.usage}>
          <MonthOfUsage
            usage={query.data}
            limit={query.data.month === billing.month ? billing.limit_usd : null}
            running={query.data.month === billing.month && billing.running.length > 0}
            free={billing.status === "free"}
          />
        </div>
      )}
    </Panel>
  );
}

type MonthProps = { usage: Usage; limit: string | null; running: boolean; free: boolean };

function MonthOfUsage({ usage, limit, running, free }: MonthProps) {
  const charged = parseUsd(usage.amount_usd) > 0n;
  const used = usage.meters.some(({ quantity }) => quantity > 0);
  return (
    <>
      {charged ? (
        <div className={classes.figures}>
          <DayFigure usage={usage} />
          <SumFigure usage={usage} limit={limit} />
        </div>
      ) : (
        <EmptyUsage used={used} running={running} free={free} month={usage.month} />
      )}
      {used && (
        <div className={classes.tables}>
          <ResourceTable usage={usage} />
          <MeterTable usage={usage} />
        </div>
      )}
    </>
  );
}
