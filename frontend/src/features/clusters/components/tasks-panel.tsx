import { Panel } from "@/components/panel";
import type { Cluster } from "@/lib/api-models";
import { plural } from "./cluster-words";
import classes from "./facts.module.css";

/** What a cluster's scheduler has to do, as its notebook last told. */
export function TasksPanel({ cluster }: { cluster: Cluster }) {
  const { tasks, clients } = cluster;
  return (
    <Panel title="Tasks">
      {tasks === null ? (
        <p>Counted here once the first worker has joined.</p>
      ) : (
        <dl className={classes.tiles}>
          <Tile name="Waiting" count={tasks.waiting} />
          <Tile name="In work" count={tasks.processing} />
          <Tile name="Results held" count={tasks.memory} />
          <Tile name="Failed" count={tasks.erred} bad={tasks.erred > 0} />
        </dl>
      )}
      {clients !== null && (
        <p className={classes.note}>
          {clients === 0
            ? "Nobody is connected."
            : `${plural(clients, "connection")} from the notebook.`}
        </p>
      )}
    </Panel>
  );
}

type TileProps = { name: string; count: number; bad?: boolean };

function Tile({ name, count, bad = false }: TileProps) {
  return (
    <div data-bad={bad}>
      <dt>{name}</dt>
      <dd>{count.toLocaleString("en-US")}</dd>
    </div>
  );
}
