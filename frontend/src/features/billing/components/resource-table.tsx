import { Link } from "react-router";
import { TableScroll } from "@/components/table-scroll";
import { paths } from "@/config/paths";
import type { Usage, UsageResource } from "@/lib/api-models";
import { formatFixed, parseUsd } from "@/lib/money";
import { formatDuration } from "@/lib/time";
import classes from "./usage-panel.module.css";

/** What a month's usage was for, the dearest first. */
export function ResourceTable({ usage }: { usage: Usage }) {
  return (
    <section aria-labelledby="what-for">
      <h3 id="what-for" className={classes.title}>
        What it was for
      </h3>
      <TableScroll label="Notebooks, clusters and storage">
        <table>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col" data-align="end">
                Ran
              </th>
              <th scope="col" data-align="end">
                Cost
              </th>
            </tr>
          </thead>
          <tbody>
            {usage.resources.map((resource) => (
              <tr key={`${resource.resource_id} ${resource.payer_id}`}>
                <th scope="row">
                  <Name resource={resource} />
                  {resource.payer_id !== usage.account_id && ", paid by another account"}
                </th>
                <td data-align="end">
                  {resource.kind === "storage" ? "" : formatDuration(resource.seconds)}
                </td>
                <td data-align="end">{formatFixed(parseUsd(resource.amount_usd), 4)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </section>
  );
}

function Name({ resource: { kind, name, resource_id } }: { resource: UsageResource }) {
  if (kind === "notebook") return <Link to={paths.notebook(resource_id)}>{name}</Link>;
  if (kind === "storage") return <Link to={paths.storage}>{name}</Link>;
  if (kind !== "cluster") return <>{name}</>;
  return (
    <>
      <Link to={paths.cluster(resource_id)}>{name}</Link> (cluster, its workers’ times added up)
    </>
  );
}
