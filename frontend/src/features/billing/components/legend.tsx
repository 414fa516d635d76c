import classes from "./legend.module.css";
import type { Series } from "./usage-series";

/** What the colours of a plot stand for. */
export function Legend({ series }: { series: Series[] }) {
  return (
    <ul className={classes.legend}>
      {series.map(({ id, name, color }) => (
        <li key={id}>
          <Swatch color={color} /> {name}
        </li>
      ))}
    </ul>
  );
}

/** One of the colours. */
export function Swatch({ color }: { color: string }) {
  return <span className={classes.swatch} style={{ background: color }} aria-hidden />;
}
