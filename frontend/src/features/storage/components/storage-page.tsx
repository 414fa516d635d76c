import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { PageTitle } from "@/components/page-title";
import { Panel } from "@/components/panel";
import type { Storage } from "@/lib/api-models";
import { useStorage } from "../api/get-storage";
import { CostPanel } from "./cost-panel";
import { PartsTable } from "./parts-table";
import classes from "./storage-page.module.css";
import { UseBar } from "./use-bar";

/** How much the account stores, for what, how much there is room for, and what it costs. */
export function StoragePage() {
  const query = useStorage();
  return (
    <>
      <PageTitle title="Storage" />
      <p className={classes.intro}>
        Everything that is stored for you, counted once. A duplicate counts as much as what it is a
        duplicate of. Quota and price go by these numbers.
      </p>
      {query.isPending && <Loading label="Loading the storage" rows={2} />}
      {!query.data && <ErrorNotice error={query.error} onRetry={() => query.refetch()} />}
      {query.data && <Numbers storage={query.data} />}
    </>
  );
}

function Numbers({ storage }: { storage: Storage }) {
  return (
    <div className={classes.panels}>
      <Panel title="In use">
        <UseBar storage={storage} />
        <PartsTable storage={storage} />
      </Panel>
      <CostPanel storage={storage} />
    </div>
  );
}
