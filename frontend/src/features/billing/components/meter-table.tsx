import { TableScroll } from "@/components/table-scroll";
import type { Usage } from "@/lib/api-models";
import { formatFixed, parseUsd } from "@/lib/money";
import classes from "./usage-panel.module.css";

/** What was counted in a month, how much of it the plan includes, and what the rest costs. */
export function MeterTable({ usage }: { usage: Usage }) {
  const used = usage.meters.filter(({ quantity }) => quantity > 0);
  return (
    <section aria-labelledby="counted">
      <h3 id="counted" className={classes.title}>
        What was counted
      </h3>
      <TableScroll label="Meters">
        <table>
          <thead>
            <tr>
              <th scope="col">Meter</th>
              <th scope="col" data-align="end">
                Used
              </th>
              <th scope="col" data-align="end" data-wide>
                In the plan
              </th>
              <th scope="col" data-align="end">
                Charged
              </th>
              <th scope="col" data-align="end">
                Cost
              </th>
            </tr>
          </thead>
          <tbody>
            {used.map(({ meter, name, unit, quantity, included, billable, amount_usd }) => (
              <tr key={meter}>
                <th scope="row">
                  {name}
                  <span className={classes.unit}>{unit}</span>
                </th>
                <td data-align="end">{formatCount(quantity)}</td>
                <td data-align="end" data-wide>
                  {formatCount(included)}
                </td>
                <td data-align="end">{formatCount(billable)}</td>
                <td data-align="end">{formatFixed(parseUsd(amount_usd), 4)}</td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">Together</th>
              <td colSpan={2} />
              <td data-wide />
              <td data-align="end">{formatFixed(parseUsd(usage.amount_usd), 4)}</td>
            </tr>
          </tfoot>
        </table>
      </TableScroll>
    </section>
  );
}

function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}
