import { Button } from "@mantine/core";
import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { MoreButton } from "@/components/more-button";
import { PageTitle } from "@/components/page-title";
import { paths } from "@/config/paths";
import type { SizeOffer } from "@/lib/api-models";
import { useNotebooks } from "../api/get-notebooks";
import { CreateDialog } from "./create-dialog";
import { EmptyList } from "./empty-list";
import { NotebookCard } from "./notebook-card";
import classes from "./notebooks-page.module.css";
import { useAnnounceStates } from "./use-announce-states";

type Props = {
  sizes: SizeOffer[];
  /** The names of a notebook's live clusters, by its id. */
  clusters?: ReadonlyMap<string, string[]>;
};

const NONE: string[] = [];

/** The account's notebooks. */
export function NotebooksPage({ sizes, clusters }: Props) {
  const query = useNotebooks();
  const [creating, setCreating] = useState(false);
  const notebooks = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  useAnnounceStates(notebooks ?? []);

  return (
    <>
      <div className={classes.head}>
        <PageTitle title="Notebooks" />
        {notebooks?.length !== 0 && (
          <Button leftSection={<Plus size={17} aria-hidden />} onClick={() => setCreating(true)}>
            New notebook
          </Button>
        )}
      </div>
      {query.isPending && <Loading label="Loading your notebooks" />}
      {!query.data && <ErrorNotice error={query.error} onRetry={() => query.refetch()} />}
      {notebooks?.length === 0 && <EmptyList onCreate={() => setCreating(true)} />}
      {notebooks && notebooks.length > 0 && (
        <ul className={classes.list} aria-label="Your notebooks">
          {notebooks.map((notebook) => (
            <li key={notebook.id}>
              <NotebookCard
                notebook={notebook}
                sizes={sizes}
                clusters={clusters?.get(notebook.id) ?? NONE}
              />
            </li>
          ))}
        </ul>
      )}
      <MoreButton query={query} />
      {query.data && (
        <p className={classes.foot}>
          <Link to={paths.deletedNotebooks}>Recently deleted</Link>
        </p>
      )}
      <CreateDialog opened={creating} sizes={sizes} onClose={() => setCreating(false)} />
    </>
  );
}
