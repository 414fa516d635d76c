import { Link } from "react-router";
import { paths } from "@/config/paths";
import type { Storage } from "@/lib/api-models";
import { formatBytes } from "@/lib/bytes";
import { parts } from "./parts";
import classes from "./storage-page.module.css";

/** What is stored, for what, and how much of each. */
export function PartsTable({ storage }: { storage: Storage }) {
  return (
    <table className={classes.parts} aria-label="What is stored">
      <tbody>
        {parts(storage).map(({ id, what, why, color, bytes }) => (
          <tr key={id}>
            <th scope="row">
              <span className={classes.what}>
                <span
                  className={classes.swatch}
                  style={{ background: `var(--mantine-color-${color}-filled)` }}
                  aria-hidden
                />
                {what}
              </span>
              <span className={classes.why}>{why}</span>{" "}
              {id === "deleted" && bytes > 0 && (
                <Link to={paths.deletedNotebooks}>See deleted notebooks</Link>
              )}
            </th>
            <td>{formatBytes(bytes)}</td>
          </tr>
        ))}
        <tr className={classes.total}>
          <th scope="row">All together</th>
          <td>{formatBytes(storage.total_bytes)}</td>
        </tr>
      </tbody>
    </table>
  );
}
