import { Button } from "@mantine/core";
import { useState } from "react";
import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { MoreButton } from "@/components/more-button";
import { Panel } from "@/components/panel";
import { RelativeTime } from "@/components/relative-time";
import { Row } from "@/components/row";
import { paths } from "@/config/paths";
import type { Token } from "@/lib/api-models";
import { formatDate } from "@/lib/time";
import { useDeleteToken } from "../api/delete-token";
import { useTokens } from "../api/get-tokens";
import { CreateTokenDialog } from "./create-token-dialog";
import classes from "./list.module.css";
import { scopeWords } from "./scopes";

/** The API tokens: passwords for programs. */
export function TokensPanel() {
  const query = useTokens();
  const [creating, setCreating] = useState(false);
  const tokens = query.data?.pages.flatMap((page) => page.items);
  return (
    <Panel
      title="API tokens"
      actions={
        <Button variant="default" size="sm" onClick={() => setCreating(true)}>
          New token
        </Button>
      }
    >
      {query.isPending && <Loading label="Loading the tokens" rows={1} />}
      {!query.data && <ErrorNotice error={query.error} onRetry={() => query.refetch()} />}
      {tokens?.length === 0 && (
        <p>
          A token lets a script of yours use the <a href={paths.apiDocs}>API</a> in your name, with
          only the rights that you give it.
        </p>
      )}
      <ul className={classes.list}>
        {tokens?.map((token) => (
          <TokenRow key={token.id} token={token} />
        ))}
      </ul>
      <MoreButton query={query} />
      <CreateTokenDialog opened={creating} onClose={() => setCreating(false)} />
    </Panel>
  );
}

function TokenRow({ token }: { token: Token }) {
  const revoke = useDeleteToken();
  return (
    <Row
      title={token.name}
      error={revoke.error}
      action={
        <Button
          variant="default"
          size="sm"
          loading={revoke.isPending}
          onClick={() => revoke.mutate(token.id)}
          aria-label={`Revoke ${token.name}`}
        >
          Revoke
        </Button>
      }
    >
      {token.scopes.map(scopeWords).join(", ")}.{" "}
      {token.last_used_at ? (
        <>
          Used <RelativeTime iso={token.last_used_at} />
        </>
      ) : (
        "Never used"
      )}
      {token.expires_at ? `, ends ${formatDate(token.expires_at)}` : ", never ends"}
    </Row>
  );
}
