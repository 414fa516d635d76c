import { Link } from "react-router";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { paths } from "@/config/paths";
import type { Plan, Size } from "@/lib/api-models";
import { formatUsd, parseUsd, perMonth } from "@/lib/money";
import classes from "./prices.module.css";

export type PricesProps = {
  plans: Plan[] | undefined;
  sizes: Size[] | undefined;
  error: unknown;
  onRetry: () => void;
};

/** What the plans and the sizes cost. */
export function Prices({ plans, sizes, error, onRetry }: PricesProps) {
  return (
    <section className={classes.prices} aria-labelledby="prices">
      <div className={classes.head}>
        <h2 id="prices" className={classes.title}>
          What it costs
        </h2>
        <Link to={paths.plans}>Compare plans and sizes</Link>
      </div>
      {plans === undefined && error === null && <Loading label="Loading the prices" rows={1} />}
      {plans === undefined && <ErrorNotice error={error} onRetry={onRetry} />}
      {plans && sizes && (
        <div className={classes.columns}>
          <ul className={classes.plans}>
            {plans.map((plan) => (
              <PlanCard key={plan.id} plan={plan} size={sizes.find(isSize(plan.included_size))} />
            ))}
          </ul>
          <SizeTable sizes={sizes} />
        </div>
      )}
    </section>
  );
}

function PlanCard({ plan, size }: { plan: Plan; size: Size | undefined }) {
  return (
    <li className={classes.plan}>
      <h3 className={classes.name}>{plan.name}</h3>
      <p className={classes.price}>{perMonth(plan.price_usd_month)}</p>
      <p className={classes.summary}>{plan.summary}</p>
      <p className={classes.limits}>
        Size {size?.name ?? plan.included_size}, {plan.storage_gib} GiB of files
      </p>
    </li>
  );
}

function SizeTable({ sizes }: { sizes: Size[] }) {
  return (
    <table className={classes.sizes}>
      <caption>
        Machines. Your plan includes the size it names; you pay the difference for larger ones.
      </caption>
      <thead>
        <tr>
          <th scope="col">Size</th>
          <th scope="col">Machine</th>
          <th scope="col">An hour</th>
        </tr>
      </thead>
      <tbody>
        {sizes.map((size) => (
          <tr key={size.id}>
            <th scope="row">{size.name}</th>
            <td>
              {size.vcpu} vCPU, {size.memory_gib} GiB{size.gpu > 0 && `, ${size.gpu} GPU`}
            </td>
            <td>{formatUsd(parseUsd(size.price_usd_hour))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function isSize(id: string) {
  return (size: Size) => size.id === id;
}
