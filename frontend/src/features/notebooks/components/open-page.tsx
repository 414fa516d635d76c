import { Button, Loader } from "@mantine/core";
import { useEffect, useMemo, useRef } from "react";
import { Link } from "react-router";
import { Elapsed } from "@/components/elapsed";
import { ErrorNotice } from "@/components/error-notice";
import { PageTitle } from "@/components/page-title";
import { PageWithoutData } from "@/components/page-without-data";
import { paths } from "@/config/paths";
import { isGone } from "@/lib/api-error";
import type { Notebook, SizeOffer } from "@/lib/api-models";
import { useNotebook } from "../api/get-notebook";
import { useOpenNotebook } from "../api/open-notebook";
import { useStartNotebook } from "../api/start-notebook";
import { GoneNotice } from "./gone-notice";
import { findSize, priceWords } from "./notebook-words";
import classes from "./open-page.module.css";
import { StageList } from "./stage-list";
import { StartError } from "./start-error";
import { StatusLine } from "./status-line";
import { useAnnounceStates } from "./use-announce-states";

type Props = { id: string; sizes: SizeOffer[] };

/**
 * The way into a notebook, whatever state it is in. A running one is opened, a starting one as
 * soon as it runs. Starting costs money, so that takes a press of a button, never a mere visit.
 */
export function OpenPage({ id, sizes }: Props) {
  const query = useNotebook(id);
  const notebook = query.data;
  useAnnounceStates(useMemo(() => (notebook ? [notebook] : []), [notebook]));
  if (isGone(query.error) || notebook?.deleted_at) return <GoneNotice deleted={notebook ?? null} />;
  if (!notebook)
    return <PageWithoutData title="Notebook" label="Loading the notebook" query={query} rows={1} />;
  return (
    <div className={classes.page}>
      <PageTitle title={notebook.name} />
      <Way notebook={notebook} size={findSize(sizes, notebook.size)} />
      <p className={classes.foot}>
        <Link to={paths.notebook(id)}>About this notebook</Link>
        <Link to={paths.notebooks}>All notebooks</Link>
      </p>
    </div>
  );
}

function Way({ notebook, size }: { notebook: Notebook; size: SizeOffer | undefined }) {
  if (notebook.state === "running") return <Opening id={notebook.id} />;
  if (notebook.state === "starting") return <Starting notebook={notebook} />;
  return <Resting notebook={notebook} size={size} />;
}

/** Opens as soon as it is shown. */
function Opening({ id }: { id: string }) {
  const open = useOpenNotebook(id);
  const begun = useRef(false);
  const { mutate } = open;
  useEffect(() => {
    // Effects run twice in development; a ticket is good for one use, so one is enough.
    if (!begun.current) mutate();
    begun.current = true;
  }, [mutate]);
  if (open.error) return <ErrorNotice error={open.error} onRetry={() => open.mutate()} />;
  return (
    <p className={classes.line} role="status">
      <Loader size="sm" aria-hidden /> Opening JupyterLab…
    </p>
  );
}

function Starting({ notebook }: { notebook: Notebook }) {
  return (
    <>
      <p className={classes.line}>
        It is starting, and opens by itself. <Elapsed iso={notebook.state_since} />
      </p>
      <div className={classes.box}>
        <StageList stages={notebook.stages} />
      </div>
    </>
  );
}

function Resting({ notebook, size }: { notebook: Notebook; size: SizeOffer | undefined }) {
  const start = useStartNotebook(notebook.id);
  const stopping = notebook.state === "stopping";
  return (
    <>
      <p className={classes.line}>
        <span>
          <StatusLine notebook={notebook} />
        </span>
      </p>
      <Button
        size="md"
        loading={start.isPending}
        disabled={stopping}
        onClick={() => start.mutate()}
      >
        Start and open
      </Button>
      <p className={classes.price}>
        {stopping
          ? "You can start it again as soon as it has stopped."
          : size && `${size.name}: ${priceWords(notebook.price_usd_hour)} while it runs.`}
      </p>
      <StartError error={start.error} />
    </>
  );
}
