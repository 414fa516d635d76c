import { Avatar, Button, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { ErrorNotice } from "@/components/error-notice";
import { Panel } from "@/components/panel";
import { NAME_MAX_LENGTH } from "@/config/limits";
import { announce } from "@/lib/announcements";
import { fieldError, isFormError } from "@/lib/api-error";
import type { Account } from "@/lib/api-models";
import { formatDate } from "@/lib/time";
import { useUpdateAccount } from "../api/update-account";
import classes from "./profile-panel.module.css";

type Props = { account: Account; planWords: string };

/** Who this is, and the name that others see. */
export function ProfilePanel({ account, planWords }: Props) {
  const { login, email, avatar_url, created_at } = account;
  return (
    <Panel title="Profile">
      <div className={classes.who}>
        <Avatar src={avatar_url} alt="" size={56} name={account.name} color="ink" />
        <div className={classes.words}>
          <p>
            Signed in with GitHub as <strong>{login}</strong>
            {email && `, ${email}`}
          </p>
          <p className={classes.dimmed}>
            {planWords}. Here since {formatDate(created_at)}.
          </p>
        </div>
      </div>
      <NameForm account={account} />
    </Panel>
  );
}

function NameForm({ account }: { account: Account }) {
  const [draft, setDraft] = useState<string | null>(null);
  const update = useUpdateAccount();
  const name = draft ?? account.name;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const saved = () => {
      setDraft(null);
      announce("Saved.");
    };
    update.mutate({ name: name.trim(), version: account.version }, { onSuccess: saved });
  };
  const empty = name.trim() === "" ? "Give a name." : null;
  return (
    <form onSubmit={submit} noValidate className={classes.form}>
      <TextInput
        label="Name"
        description="What other people see."
        className={classes.name ?? ""}
        value={name}
        maxLength={NAME_MAX_LENGTH}
        autoComplete="name"
        onChange={(event) => setDraft(event.currentTarget.value)}
        error={empty ?? fieldError(update.error, "name")}
      />
      <Button
        type="submit"
        loading={update.isPending}
        disabled={empty !== null || name.trim() === account.name}
      >
        Save
      </Button>
      {isFormError(update.error, ["name"]) && <ErrorNotice error={update.error} />}
    </form>
  );
}
