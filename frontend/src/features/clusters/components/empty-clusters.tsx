import { Link } from "react-router";
import { CodeSnippet } from "@/components/code-snippet";
import { paths } from "@/config/paths";
import classes from "./empty-clusters.module.css";
import { THREE_LINES } from "./snippets";

type Props = {
  /** Whether there has never been one. */
  first: boolean;
  /** Whether the account's plan allows clusters. */
  inPlan: boolean;
};

/** Where clusters will be: what they are for, and the lines that start one. */
export function EmptyClusters({ first, inPlan }: Props) {
  return (
    <section className={classes.empty} aria-labelledby="no-cluster">
      <h2 id="no-cluster" className={classes.title}>
        {first ? "When one machine is too slow" : "No cluster is running, so none costs anything"}
      </h2>
      <p className={classes.text}>
        A cluster is workers beside your notebook, with its packages and its code. Run this in a
        cell: it shows the price first, spreads the calls of your function over the workers, and
        stops when it is done, or before it has cost more than the budget.
      </p>
      <CodeSnippet label="A cluster in three lines" code={THREE_LINES} />
      <p className={classes.text}>
        You pay for each worker by the second, from its start to its end. If a cluster fails to
        start, you pay for the workers that ran. A cluster that nobody uses stops by itself.{" "}
        <Link to={paths.clusterGuide}>How clusters work</Link>
      </p>
      {!inPlan && (
        <p className={classes.text}>
          Your plan has no clusters. <Link to={paths.plans}>Compare plans</Link>
        </p>
      )}
    </section>
  );
}
