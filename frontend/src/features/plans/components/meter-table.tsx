import { TableScroll } from "@/components/table-scroll";
import type { Meter } from "@/lib/api-models";
import { exactPrice } from "@/lib/money";
import classes from "./prices.module.css";

/** What is counted, and what one of it costs. */
export function MeterTable({ meters }: { meters: Meter[] }) {
  return (
    <section className={classes.section} aria-labelledby="meters">
      <h2 id="meters" className={classes.title}>
        What is counted
      </h2>
      <p className={classes.text}>
        Each second is counted once, from when a notebook's or a worker's computer starts it until
        it has stopped. A start that fails on our side is credited, up to $1 a day. What the plan
        includes is counted too, at no price, so that you can see what it is worth. Clusters on spot
        computers pay the lower prices of the meters for spot.
      </p>
      <TableScroll label="Prices of what is counted">
        <table>
          <thead>
            <tr>
              <th scope="col">Meter</th>
              <th scope="col" data-align="end">
                Price of one
              </th>
              <th scope="col" data-align="end">
                Which is
              </th>
            </tr>
          </thead>
          <tbody>
            {meters.map((meter) => (
              <tr key={meter.id}>
                <th scope="row">
                  {meter.name}
                  <span className={classes.machine}>{meter.unit}</span>
                </th>
                <td data-align="end">{exactPrice(meter.price_usd)}</td>
                <td data-align="end" data-wrap>
                  {meter.example}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </section>
  );
}
