import { useState } from "react";
import type { Notebook } from "@/lib/api-models";
import type { NotebookChange } from "../api/update-notebook";
import { useSaveNotebook } from "./use-save-notebook";

type Values = { name: string; size: string; idle: string };

/**
 * The settings of a notebook that goes on changing under the form.
 *
 * As long as nothing is edited, the form shows what is there. From the first edit on it remembers
 * the version that it was made from (`base`), so that a change from elsewhere is noticed on saving.
 */
export function useSettingsForm(notebook: Notebook, onSaved: () => void) {
  const [draft, setDraft] = useState<{ base: Notebook; values: Values } | null>(null);
  const base = draft?.base ?? notebook;
  const values = draft?.values ?? valuesOf(notebook);
  const saving = useSaveNotebook(notebook.id, () => {
    setDraft(null);
    onSaved();
  });
  const change = differences(base, values);
  return {
    ...saving,
    values,
    dirty: Object.keys(change).length > 0,
    set: (edit: Partial<Values>) => {
      saving.reset();
      setDraft({ base, values: { ...values, ...edit } });
    },
    save: () => saving.save(base, change),
    saveMine: () => saving.conflict && saving.save(saving.conflict.latest, saving.conflict.change),
    discard: () => {
      setDraft(null);
      saving.dismissConflict();
    },
  };
}

function valuesOf({ name, size, idle_minutes }: Notebook): Values {
  return { name, size, idle: String(idle_minutes) };
}

function differences(base: Notebook, values: Values): NotebookChange {
  const name = values.name.trim();
  const idle_minutes = Number(values.idle);
  return {
    ...(name !== base.name && { name }),
    ...(values.size !== base.size && { size: values.size }),
    ...(idle_minutes !== base.idle_minutes && { idle_minutes }),
  };
}
