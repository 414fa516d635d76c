import { VisuallyHidden } from "@mantine/core";
import { TableScroll } from "@/components/table-scroll";
import type { Plan, Size } from "@/lib/api-models";
import { formatUsd, parseUsd } from "@/lib/money";
import classes from "./prices.module.css";

type Props = { plans: Plan[]; sizes: Size[] };

/** What an hour of each size costs beyond each plan. */
export function SizeTable({ plans, sizes }: Props) {
  return (
    <section className={classes.section} aria-labelledby="sizes">
      <h2 id="sizes" className={classes.title}>
        What an hour of each size costs
      </h2>
      <p className={classes.text}>
        Only what is beyond the plan's own size is charged. A notebook of a larger size on
        Researcher costs the difference, by the second, while it runs. A dash is a size that the
        plan can't have.
      </p>
      <TableScroll label="Prices of sizes">
        <table>
          <thead>
            <tr>
              <th scope="col">Size</th>
              {plans.map((plan) => (
                <th key={plan.id} scope="col" data-align="end">
                  {plan.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sizes.map((size) => (
              <tr key={size.id}>
                <th scope="row">
                  {size.name}
                  <span className={classes.machine}>
                    {size.vcpu} vCPU, {size.memory_gib} GiB{size.gpu > 0 && `, ${size.gpu} GPU`}
                  </span>
                </th>
                {plans.map((plan) => (
                  <td key={plan.id} data-align="end">
                    <Extra price={size.extra_usd_hour[plan.id] ?? null} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </section>
  );
}

function Extra({ price }: { price: string | null }) {
  if (price === null) {
    return (
      <span className={classes.out}>
        <span aria-hidden>–</span>
        <VisuallyHidden>not on this plan</VisuallyHidden>
      </span>
    );
  }
  const amount = parseUsd(price);
  if (amount === 0n) return <span className={classes.included}>included</span>;
  return <>{formatUsd(amount)}</>;
}
