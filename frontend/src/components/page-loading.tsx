import { Loading } from "./loading";
import { PageTitle } from "./page-title";

/** A page whose code is still to come. It has a heading as every page has. */
export function PageLoading() {
  return (
    <>
      <PageTitle title="Loading" />
      <Loading label="Loading the page" />
    </>
  );
}
