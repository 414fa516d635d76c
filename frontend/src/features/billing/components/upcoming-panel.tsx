import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { Panel } from "@/components/panel";
import { TableScroll } from "@/components/table-scroll";
import type { Billing, Upcoming } from "@/lib/api-models";
import { formatFixed, formatSpent, parseUsd } from "@/lib/money";
import { formatUtcDate } from "@/lib/time";
import { useUpcoming } from "../api/get-upcoming";
import { useUsage } from "../api/get-usage";
import { compare } from "./agreement";
import classes from "./upcoming-panel.module.css";

/** The next invoice as it stands, and whether it has what was used. */
export function UpcomingPanel({ billing }: { billing: Billing }) {
  const query = useUpcoming();
  return (
    <Panel title="Next invoice">
      {query.isPending && <Loading label="Loading the next invoice" rows={1} />}
      {!query.data && <ErrorNotice error={query.error} onRetry={() => query.refetch()} />}
      {query.data && (
        <>
          <Lines upcoming={query.data} />
          <Unsent amount={query.data.unsent_usd} />
          <Comparison upcoming={query.data} billing={billing} />
        </>
      )}
    </Panel>
  );
}

function Lines({ upcoming }: { upcoming: Upcoming }) {
  return (
    <TableScroll label="Lines of the next invoice">
      <table>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col" data-align="end">
              How many
            </th>
            <th scope="col" data-align="end">
              Amount
            </th>
          </tr>
        </thead>
        <tbody>
          {worthShowing(upcoming).map(({ kind, meter, description, quantity, amount_usd }) => (
            <tr key={[kind, meter, description, amount_usd].join(" ")}>
              <th scope="row">{withoutCount(description)}</th>
              <td data-align="end">{quantity?.toLocaleString("en-US")}</td>
              <td data-align="end">{formatFixed(parseUsd(amount_usd))}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={2}>
              On {formatUtcDate(upcoming.invoice_at)}, as it stands
            </th>
            <td data-align="end">{formatFixed(parseUsd(upcoming.total_usd))}</td>
          </tr>
        </tfoot>
      </table>
    </TableScroll>
  );
}

/** Every line but those of meters that counted nothing. */
function worthShowing({ lines }: Upcoming) {
  return lines.filter(({ kind, quantity }) => kind !== "usage" || quantity !== 0);
}

/** `97500 × Processor` → `Processor`: how many there are has a column of its own. */
function withoutCount(description: string): string {
  return description.replace(/^\d+ × /, "");
}

function Unsent({ amount }: { amount: string }) {
  const unsent = parseUsd(amount);
  if (unsent === 0n) return null;
  return (
    <p className={classes.text}>
      Usage is told to Stripe when its hour is over. {formatSpent(unsent)} of the running hour is
      not there yet, and so not in this total.
    </p>
  );
}

type ComparisonProps = { upcoming: Upcoming; billing: Billing };

/** The invoice's usage beside what we have counted, so that anybody can check one by the other. */
function Comparison({ upcoming, billing }: ComparisonProps) {
  const usage = useUsage(billing.month).data;
  if (usage === undefined || usage.month !== billing.month) return null;
  const { invoiced, unsent, used, agrees } = compare(upcoming, usage, billing.rate_usd_hour);
  if (used === 0n && invoiced === 0n) return null;
  return (
    <div className={classes.comparison} data-agrees={agrees}>
      <dl className={classes.sums}>
        <div>
          <dt>Usage on this invoice</dt>
          <dd>{formatFixed(invoiced)}</dd>
        </div>
        <div>
          <dt>Not at Stripe yet</dt>
          <dd>{formatFixed(unsent)}</dd>
        </div>
        <div>
          <dt>Usage as counted above</dt>
          <dd>{formatFixed(used)}</dd>
        </div>
      </dl>
      <p>
        {agrees
          ? "The first two make up the third, but for rounding each line to a cent."
          : "The first two do not make up the third. Each night they are compared, and a difference is looked into: if it is still here tomorrow, tell us."}
      </p>
    </div>
  );
}
