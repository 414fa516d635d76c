import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "@/lib/api-error";
import type { Notebook } from "@/lib/api-models";
import { notebookQuery } from "../api/get-notebook";
import { type NotebookChange, useUpdateNotebook } from "../api/update-notebook";

/** Somebody else changed what `change` was made from: `base` was read, `latest` is now true. */
export type Conflict = { base: Notebook; latest: Notebook; change: NotebookChange };

const SETTINGS = ["name", "size", "idle_minutes"] as const;

/** The settings that differ between two readings of one notebook. */
export function changedSettings(base: Notebook, latest: Notebook) {
  return SETTINGS.filter((setting) => base[setting] !== latest[setting]);
}

/**
 * Save settings, based on the version that was on the screen. If they were changed elsewhere
 * meanwhile, `conflict` says how, until `save` is called again or it is dismissed.
 */
export function useSaveNotebook(id: string, onSaved: (notebook: Notebook) => void) {
  const client = useQueryClient();
  const update = useUpdateNotebook(id);
  const [conflict, setConflict] = useState<Conflict | null>(null);

  const save = (base: Notebook, change: NotebookChange) => {
    setConflict(null);
    update.mutate(
      { version: base.version, change },
      { onSuccess: onSaved, onError: (error) => compare(error, base, change) },
    );
  };

  const compare = async (error: unknown, base: Notebook, change: NotebookChange) => {
    if (!(error instanceof ApiError && error.status === 412)) return;
    const latest = await client.fetchQuery({ ...notebookQuery(id), staleTime: 0 });
    // Only something that people don't set has changed: nobody's work is overwritten.
    if (latest.version !== base.version && changedSettings(base, latest).length === 0) {
      return save(latest, change);
    }
    setConflict({ base, latest, change });
  };

  return {
    save,
    saving: update.isPending,
    error: conflict === null ? update.error : null,
    conflict,
    dismissConflict: () => {
      setConflict(null);
      update.reset();
    },
    reset: update.reset,
  };
}
