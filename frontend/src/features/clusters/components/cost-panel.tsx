import { Panel } from "@/components/panel";
import type { Cluster } from "@/lib/api-models";
import { formatFixed, formatUsd, parseUsd } from "@/lib/money";
import { isLive } from "../api/cluster-cache";
import { BudgetBar } from "./budget-bar";
import { detachedWords, idleWords, powerWords, priceWords, purchaseWords } from "./cluster-words";
import classes from "./facts.module.css";
import { useSpent } from "./spent";

/** What a cluster costs, and what bounds that. */
export function CostPanel({ cluster }: { cluster: Cluster }) {
  const { worker, price, budget_usd, purchase, idle_minutes, detached } = cluster;
  const live = isLive(cluster);
  return (
    <Panel title="Cost">
      <dl className={classes.facts}>
        <div>
          <dt>{live ? "Spent so far" : "Spent in all"}</dt>
          <dd className={classes.amount}>
            <Amount cluster={cluster} />
          </dd>
          <dd>
            {budget_usd === null ? (
              "No budget of its own: only your monthly limit bounds it."
            ) : (
              <BudgetBar cluster={cluster} budget={budget_usd} />
            )}
          </dd>
        </div>
        {live && <Fact name="Price" value={priceWords(cluster)} />}
        <Fact
          name="Each worker"
          value={`${powerWords(worker)}, ${formatUsd(parseUsd(price.worker_usd_hour))}/h, by the second`}
        />
        <Fact name="Computers" value={purchaseWords(purchase)} />
        <Fact name="Stops by itself" value={idleWords(idle_minutes)} />
        <Fact name="When nobody is connected" value={detachedWords(detached)} />
      </dl>
    </Panel>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Amount({ cluster }: { cluster: Cluster }) {
  return <>{formatFixed(useSpent(cluster), 4)}</>;
}
