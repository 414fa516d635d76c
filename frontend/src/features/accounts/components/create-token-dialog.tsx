import { Button, Checkbox, NativeSelect, Stack, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { CopyField } from "@/components/copy-field";
import { Dialog, DialogActions } from "@/components/dialog";
import { ErrorNotice } from "@/components/error-notice";
import { NAME_MAX_LENGTH, TOKEN_DAYS } from "@/config/limits";
import { fieldError, isFormError } from "@/lib/api-error";
import type { NewToken, Scope } from "@/lib/api-models";
import { focusFirstProblem } from "@/lib/focus";
import { useCreateToken } from "../api/create-token";
import { SCOPES } from "./scopes";

type Props = { opened: boolean; onClose: () => void };

const LIFETIMES = [
  ...TOKEN_DAYS.map((days) => ({ value: String(days), label: `${days} days` })),
  { value: "", label: "Never" },
];

/** Makes a token, and then shows it: the one time that it can be seen. */
export function CreateTokenDialog({ opened, onClose }: Props) {
  const [token, setToken] = useState<NewToken | null>(null);
  const close = () => {
    setToken(null);
    onClose();
  };
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={token === null ? "New API token" : "Copy your token now"}
      dismissable={token === null}
    >
      {token === null ? (
        <TokenForm onCreated={setToken} onCancel={close} />
      ) : (
        <ShownOnce token={token} onDone={close} />
      )}
    </Dialog>
  );
}

function ShownOnce({ token, onDone }: { token: NewToken; onDone: () => void }) {
  return (
    <Stack>
      <p>
        This is the only time that it is shown. Keep it where you keep passwords; whoever has it can
        act in your name.
      </p>
      <CopyField label={token.name} value={token.token} />
      <DialogActions>
        <Button variant="default" onClick={onDone}>
          Done
        </Button>
      </DialogActions>
    </Stack>
  );
}

type FormProps = { onCreated: (token: NewToken) => void; onCancel: () => void };

function TokenForm({ onCreated, onCancel }: FormProps) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>(["notebooks:read"]);
  const [days, setDays] = useState("90");
  const [checked, setChecked] = useState(false);
  const create = useCreateToken();
  const problems = {
    name: name.trim() === "" ? "Name it after what will use it." : null,
    scopes: scopes.length === 0 ? "Choose at least one." : null,
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    setChecked(true);
    if (problems.name !== null || problems.scopes !== null) {
      return focusFirstProblem(event.currentTarget);
    }
    const expires_in_days = days === "" ? null : Number(days);
    create.mutate({ name: name.trim(), scopes, expires_in_days }, { onSuccess: onCreated });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="lg">
        <TextInput
          label="Name"
          placeholder="Nightly script"
          value={name}
          maxLength={NAME_MAX_LENGTH}
          onChange={(event) => setName(event.currentTarget.value)}
          error={(checked ? problems.name : null) ?? fieldError(create.error, "name")}
          data-autofocus
        />
        <Checkbox.Group
          label="It may"
          value={scopes}
          onChange={(chosen) => setScopes(chosen as Scope[])}
          error={(checked ? problems.scopes : null) ?? fieldError(create.error, "scopes")}
        >
          <Stack gap="sm" mt={6} mb={4}>
            {SCOPES.map(({ scope, label, description }) => (
              <Checkbox key={scope} value={scope} label={label} description={description} />
            ))}
          </Stack>
        </Checkbox.Group>
        <NativeSelect
          label="Ends after"
          data={LIFETIMES}
          value={days}
          onChange={(event) => setDays(event.currentTarget.value)}
          error={fieldError(create.error, "expires_in_days")}
        />
        {isFormError(create.error, ["name", "scopes", "expires_in_days"]) && (
          <ErrorNotice error={create.error} />
        )}
        <DialogActions>
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending}>
            Create token
          </Button>
        </DialogActions>
      </Stack>
    </form>
  );
}
