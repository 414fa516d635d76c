import { useMemo } from "react";
import { useNavigate } from "react-router";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { PageTitle } from "@/components/page-title";
import { paths } from "@/config/paths";
import type { Notebook, SizeOffer } from "@/lib/api-models";
import { isGone, useNotebook } from "../api/get-notebook";
import { BackLink } from "./back-link";
import { GoneNotice } from "./gone-notice";
import { NotebookButtons } from "./notebook-buttons";
import { NotebookMenu } from "./notebook-menu";
import classes from "./notebook-page.module.css";
import { ServerHistory } from "./server-history";
import { SettingsPanel } from "./settings-panel";
import { StartError } from "./start-error";
import { StateBadge } from "./state-badge";
import { StatusPanel } from "./status-panel";
import { useAnnounceStates } from "./use-announce-states";
import { useNotebookActions } from "./use-notebook-actions";
import { WorkspacePanel } from "./workspace-panel";

type Props = { id: string; sizes: SizeOffer[] };

/** One notebook: what it does, its buttons, its files, its settings, and what it did before. */
export function NotebookPage({ id, sizes }: Props) {
  const query = useNotebook(id);
  if (isGone(query.error) || query.data?.deleted_at) {
    return <GoneNotice deleted={query.data ?? null} />;
  }
  if (query.isPending) return <Loading label="Loading the notebook" />;
  if (!query.data) return <ErrorNotice error={query.error} onRetry={() => query.refetch()} />;
  return <LoadedNotebook notebook={query.data} sizes={sizes} />;
}

function LoadedNotebook({ notebook, sizes }: { notebook: Notebook; sizes: SizeOffer[] }) {
  const navigate = useNavigate();
  const actions = useNotebookActions(notebook, () => navigate(paths.notebooks));
  useAnnounceStates(useMemo(() => [notebook], [notebook]));
  return (
    <>
      <BackLink />
      <div className={classes.head}>
        <PageTitle title={notebook.name} beside={<StateBadge state={notebook.state} />} />
        <div className={classes.actions}>
          <NotebookButtons notebook={notebook} actions={actions} />
          <NotebookMenu notebook={notebook} sizes={sizes} actions={actions} />
        </div>
      </div>
      <StartError error={actions.error} />
      <div className={classes.columns}>
        <div className={classes.column}>
          <StatusPanel notebook={notebook} sizes={sizes} />
          <ServerHistory notebook={notebook} sizes={sizes} />
        </div>
        <div className={classes.column}>
          <WorkspacePanel workspace={notebook.workspace} source={notebook.source} />
          <SettingsPanel notebook={notebook} sizes={sizes} />
        </div>
      </div>
    </>
  );
}
