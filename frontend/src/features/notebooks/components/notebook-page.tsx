import { type ReactNode, useMemo } from "react";
import { useNavigate } from "react-router";
import { BackLink } from "@/components/back-link";
import { PageTitle } from "@/components/page-title";
import { PageWithoutData } from "@/components/page-without-data";
import { StateBadge } from "@/components/state-badge";
import { paths } from "@/config/paths";
import { isGone } from "@/lib/api-error";
import type { Notebook, SizeOffer } from "@/lib/api-models";
import { useNotebook } from "../api/get-notebook";
import { GoneNotice } from "./gone-notice";
import { NotebookButtons } from "./notebook-buttons";
import { NotebookMenu } from "./notebook-menu";
import classes from "./notebook-page.module.css";
import { ServerHistory } from "./server-history";
import { SettingsPanel } from "./settings-panel";
import { StartError } from "./start-error";
import { StatusPanel } from "./status-panel";
import { useAnnounceStates } from "./use-announce-states";
import { useNotebookActions } from "./use-notebook-actions";
import { WorkspacePanel } from "./workspace-panel";

type Props = {
  id: string;
  sizes: SizeOffer[];
  /** The names of its live clusters. */
  clusters?: string[];
  /** What there is to see of them, while it runs or not. */
  clustersPanel?: (running: boolean) => ReactNode;
};

const NONE: string[] = [];

/** One notebook: what it does, its buttons, its files, its settings, and what it did before. */
export function NotebookPage({ id, sizes, clusters = NONE, clustersPanel }: Props) {
  const query = useNotebook(id);
  if (isGone(query.error) || query.data?.deleted_at) {
    return <GoneNotice deleted={query.data ?? null} />;
  }
  if (!query.data)
    return <PageWithoutData title="Notebook" label="Loading the notebook" query={query} />;
  return (
    <LoadedNotebook
      notebook={query.data}
      sizes={sizes}
      clusters={clusters}
      clustersPanel={clustersPanel?.(query.data.state === "running")}
    />
  );
}

type LoadedProps = {
  notebook: Notebook;
  sizes: SizeOffer[];
  clusters: string[];
  clustersPanel: ReactNode;
};

function LoadedNotebook({ notebook, sizes, clusters, clustersPanel }: LoadedProps) {
  const navigate = useNavigate();
  const actions = useNotebookActions(notebook, () => navigate(paths.notebooks));
  useAnnounceStates(useMemo(() => [notebook], [notebook]));
  return (
    <>
      <BackLink to={paths.notebooks}>All notebooks</BackLink>
      <div className={classes.head}>
        <PageTitle title={notebook.name} beside={<StateBadge state={notebook.state} />} />
        <div className={classes.actions}>
          <NotebookButtons notebook={notebook} actions={actions} clusters={clusters} />
          <NotebookMenu notebook={notebook} sizes={sizes} actions={actions} clusters={clusters} />
        </div>
      </div>
      <StartError error={actions.error} />
      <div className={classes.columns}>
        <div className={classes.column}>
          <StatusPanel notebook={notebook} sizes={sizes} />
          {clustersPanel}
          <ServerHistory notebook={notebook} sizes={sizes} />
        </div>
        <div className={classes.column}>
          <WorkspacePanel
            id={notebook.id}
            workspace={notebook.workspace}
            source={notebook.source}
          />
          <SettingsPanel notebook={notebook} sizes={sizes} />
        </div>
      </div>
    </>
  );
}
