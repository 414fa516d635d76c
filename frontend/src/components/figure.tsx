import { Skeleton } from "@mantine/core";
import { type ReactNode, Suspense, useId } from "react";
import { ErrorBoundary } from "@/components/error-boundary";
import { TableScroll } from "@/components/table-scroll";
import classes from "./figure.module.css";

type Props = {
  title: string;
  /** What there is to see, in a sentence. */
  summary: string;
  /** How it can be seen otherwise, at the end of the title's line. */
  actions?: ReactNode;
  /** The plot. */
  children: ReactNode;
  /** What stands under it. */
  legend?: ReactNode;
  /** The same numbers as a `<table>`. */
  table: ReactNode;
};

/** Pixels that every plot is high. */
export const PLOT_HEIGHT = 220;

/** A plot, what it says in a sentence, and the same as a table for whoever would rather read. */
export function Figure({ title, summary, actions, children, legend, table }: Props) {
  const id = useId();
  return (
    <figure className={classes.figure} aria-labelledby={id}>
      <figcaption className={classes.caption}>
        <div>
          <h3 id={id} className={classes.title}>
            {title}
          </h3>
          <p className={classes.summary}>{summary}</p>
        </div>
        {actions}
      </figcaption>
      <ErrorBoundary around={() => <p>The plot could not be loaded. The table has the same.</p>}>
        <Suspense fallback={<Skeleton height={PLOT_HEIGHT} radius="md" />}>{children}</Suspense>
      </ErrorBoundary>
      {legend}
      <details className={classes.details}>
        <summary>The same as a table</summary>
        <TableScroll label={`${title}, as a table`}>{table}</TableScroll>
      </details>
    </figure>
  );
}
