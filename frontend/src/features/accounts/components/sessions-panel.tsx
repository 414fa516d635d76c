import { Button } from "@mantine/core";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { MoreButton } from "@/components/more-button";
import { Panel } from "@/components/panel";
import { RelativeTime } from "@/components/relative-time";
import { Row } from "@/components/row";
import type { Session } from "@/lib/api-models";
import { formatDate } from "@/lib/time";
import { useDeleteSession } from "../api/delete-session";
import { useSessions } from "../api/get-sessions";
import { useSignOut } from "../api/sign-out";
import { useSignOutEverywhere } from "../api/sign-out-everywhere";
import { browserName } from "./browser-name";
import classes from "./list.module.css";

/** The browsers that are signed in, each with the button that ends it. */
export function SessionsPanel() {
  const query = useSessions();
  const everywhere = useSignOutEverywhere();
  const sessions = query.data?.pages.flatMap((page) => page.items);
  return (
    <Panel
      title="Signed-in browsers"
      actions={
        <Button
          variant="default"
          size="sm"
          loading={everywhere.isPending}
          onClick={() => everywhere.mutate()}
        >
          Sign out everywhere
        </Button>
      }
    >
      <ErrorNotice error={everywhere.error} />
      {query.isPending && <Loading label="Loading the browsers" rows={1} />}
      {!query.data && <ErrorNotice error={query.error} onRetry={() => query.refetch()} />}
      <ul className={classes.list}>
        {sessions?.map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
      </ul>
      <MoreButton query={query} />
    </Panel>
  );
}

function SessionRow({ session }: { session: Session }) {
  const end = useDeleteSession();
  const signOut = useSignOut();
  const name = browserName(session.user_agent);
  return (
    <Row
      title={session.current ? `${name} (this one)` : name}
      error={end.error ?? signOut.error}
      action={
        <Button
          variant="default"
          size="sm"
          loading={end.isPending || signOut.isPending}
          onClick={() => (session.current ? signOut.mutate() : end.mutate(session.id))}
          aria-label={`Sign out ${name}`}
        >
          Sign out
        </Button>
      }
    >
      Signed in {formatDate(session.created_at)}, last seen{" "}
      <RelativeTime iso={session.last_seen_at} />
    </Row>
  );
}
