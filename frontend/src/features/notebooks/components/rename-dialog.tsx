import { Button, Stack, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { Dialog, DialogActions } from "@/components/dialog";
import { ErrorNotice } from "@/components/error-notice";
import { NAME_MAX_LENGTH } from "@/config/limits";
import { fieldError, isFormError } from "@/lib/api-error";
import type { Notebook, SizeOffer } from "@/lib/api-models";
import { ConflictNotice } from "./conflict-notice";
import { nameProblem } from "./notebook-form";
import { useSaveNotebook } from "./use-save-notebook";

type FormProps = { notebook: Notebook; sizes: SizeOffer[]; onClose: () => void };

/** Asks for a new name. */
export function RenameDialog({ opened, ...form }: FormProps & { opened: boolean }) {
  return (
    <Dialog opened={opened} onClose={form.onClose} title="Rename">
      <RenameForm {...form} />
    </Dialog>
  );
}

function RenameForm({ notebook, sizes, onClose }: FormProps) {
  const [base] = useState(notebook);
  const [name, setName] = useState(notebook.name);
  const [problem, setProblem] = useState<string | null>(null);
  const { save, saving, error, conflict } = useSaveNotebook(notebook.id, onClose);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const found = nameProblem(name);
    setProblem(found);
    if (found === null) save(base, { name: name.trim() });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <TextInput
          label="Name"
          value={name}
          maxLength={NAME_MAX_LENGTH}
          onChange={(event) => setName(event.currentTarget.value)}
          error={problem ?? fieldError(error, "name")}
          data-autofocus
        />
        {conflict && (
          <ConflictNotice
            conflict={conflict}
            sizes={sizes}
            onSaveMine={() => save(conflict.latest, { name: name.trim() })}
            onKeepTheirs={onClose}
          />
        )}
        {isFormError(error, ["name"]) && <ErrorNotice error={error} />}
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={saving} disabled={conflict !== null}>
            Rename
          </Button>
        </DialogActions>
      </Stack>
    </form>
  );
}
