import type { UseQueryResult } from "@tanstack/react-query";
import { ErrorNotice } from "./error-notice";
import { Loading } from "./loading";
import { PageTitle } from "./page-title";

type Props = {
  /** What the page is about, until its own name is known: "Cluster". */
  title: string;
  /** What is done meanwhile: "Loading the cluster". */
  label: string;
  query: Pick<UseQueryResult, "isPending" | "error" | "refetch">;
  rows?: number;
};

/**
 * A page whose data is still to come or can't be had. It has a heading as every page has: a
 * navigation moves the focus there, and a screen reader says where one is.
 */
export function PageWithoutData({ title, label, query, rows = 3 }: Props) {
  return (
    <>
      <PageTitle title={title} />
      {query.isPending ? (
        <Loading label={label} rows={rows} />
      ) : (
        <ErrorNotice error={query.error} onRetry={() => query.refetch()} />
      )}
    </>
  );
}
