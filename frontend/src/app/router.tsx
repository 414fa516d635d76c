import { lazy, type ReactNode, Suspense } from "react";
import { Route, Routes } from "react-router";
import { ErrorBoundary } from "@/components/error-boundary";
import { paths } from "@/config/paths";
import { PublicLayout } from "./public-layout";
import classes from "./router.module.css";

const SignedInLayout = lazy(() => import("./signed-in-layout"));
const Landing = lazy(() => import("./routes/landing"));
const Notebooks = lazy(() => import("./routes/notebooks"));
const DeletedNotebooks = lazy(() => import("./routes/deleted-notebooks"));
const Notebook = lazy(() => import("./routes/notebook"));
const NotebookHistory = lazy(() => import("./routes/notebook-history"));
const OpenNotebook = lazy(() => import("./routes/open-notebook"));
const Clusters = lazy(() => import("./routes/clusters"));
const Cluster = lazy(() => import("./routes/cluster"));
const ClusterGuide = lazy(() => import("./routes/cluster-guide"));
const Account = lazy(() => import("./routes/account"));
const Plans = lazy(() => import("./routes/plans"));
const Billing = lazy(() => import("./routes/billing"));
const Storage = lazy(() => import("./routes/storage"));
const NotFound = lazy(() => import("./routes/not-found"));

/** Every page and its address. Each is a chunk of its own. */
export function Router() {
  return (
    <Net>
      <Pages />
    </Net>
  );
}

/** Catches what is outside of a frame: the chunk of a layout that can't be had. */
function Net({ children }: { children: ReactNode }) {
  return (
    <ErrorBoundary around={(notice) => <main className={classes.bare}>{notice}</main>}>
      <Suspense>{children}</Suspense>
    </ErrorBoundary>
  );
}

function Pages() {
  return (
    <Routes>
      <Route element={<PublicLayout />}>
        <Route path={paths.landing} element={<Landing />} />
        <Route path={paths.plans} element={<Plans />} />
        <Route path="*" element={<NotFound />} />
      </Route>
      <Route element={<SignedInLayout />}>
        <Route path={paths.notebooks} element={<Notebooks />} />
        <Route path={paths.deletedNotebooks} element={<DeletedNotebooks />} />
        <Route path="/notebooks/:id" element={<Notebook />} />
        <Route path="/notebooks/:id/history" element={<NotebookHistory />} />
        <Route path="/notebooks/:id/open" element={<OpenNotebook />} />
        <Route path={paths.clusters} element={<Clusters />} />
        <Route path={paths.clusterGuide} element={<ClusterGuide />} />
        <Route path="/clusters/:id" element={<Cluster />} />
        <Route path={paths.account} element={<Account />} />
        <Route path={paths.billing} element={<Billing />} />
        <Route path={paths.storage} element={<Storage />} />
      </Route>
    </Routes>
  );
}
