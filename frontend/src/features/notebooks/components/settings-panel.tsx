import { Button, Group, Stack, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { ErrorNotice } from "@/components/error-notice";
import { Panel } from "@/components/panel";
import { NAME_MAX_LENGTH } from "@/config/limits";
import { announce } from "@/lib/announcements";
import { fieldError, isFormError } from "@/lib/api-error";
import type { Notebook, SizeOffer } from "@/lib/api-models";
import { focusFirstProblem } from "@/lib/focus";
import { ConflictNotice } from "./conflict-notice";
import { IdleField } from "./idle-field";
import { idleProblem, nameProblem } from "./notebook-form";
import { isActive } from "./notebook-words";
import { SizeField } from "./size-field";
import { useSettingsForm } from "./use-settings-form";

type Props = { notebook: Notebook; sizes: SizeOffer[] };

/** Name, size and idle time. */
export function SettingsPanel({ notebook, sizes }: Props) {
  const form = useSettingsForm(notebook, () => announce("Saved."));
  const [checked, setChecked] = useState(false);
  const { values, set } = form;
  const problems = { name: nameProblem(values.name), idle: idleProblem(Number(values.idle)) };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    setChecked(true);
    if (problems.name === null && problems.idle === null) form.save();
    else focusFirstProblem(event.currentTarget);
  };
  return (
    <Panel title="Settings">
      <form onSubmit={submit} noValidate>
        <Stack gap="lg">
          <TextInput
            label="Name"
            value={values.name}
            maxLength={NAME_MAX_LENGTH}
            onChange={(event) => set({ name: event.currentTarget.value })}
            error={(checked ? problems.name : null) ?? fieldError(form.error, "name")}
          />
          <SizeField
            sizes={sizes}
            value={values.size}
            onChange={(size) => set({ size })}
            error={fieldError(form.error, "size")}
            {...(isActive(notebook) && { description: "A change applies at the next start." })}
          />
          <IdleField
            value={values.idle}
            onChange={(idle) => set({ idle })}
            error={(checked ? problems.idle : null) ?? fieldError(form.error, "idle_minutes")}
          />
          {form.conflict && (
            <ConflictNotice
              conflict={form.conflict}
              sizes={sizes}
              onSaveMine={form.saveMine}
              onKeepTheirs={form.discard}
            />
          )}
          {isFormError(form.error, ["name", "size", "idle_minutes"]) && (
            <ErrorNotice error={form.error} />
          )}
          <Group gap="xs">
            <Button type="submit" loading={form.saving} disabled={!form.dirty}>
              Save
            </Button>
            {form.dirty && (
              <Button variant="default" onClick={form.discard}>
                Discard
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
