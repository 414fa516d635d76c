import { type SubmitEvent, useEffect, useRef, useState } from "react";
import { ApiError, fieldError, isFormError, messageOf } from "@/lib/api-error";
import type { Notebook, SizeOffer } from "@/lib/api-models";
import { focusFirstProblem } from "@/lib/focus";
import { useCreateNotebook } from "../api/create-notebook";
import { useUpload } from "../api/create-upload";
import {
  blank,
  check,
  FIELDS,
  NO_PROBLEMS,
  resolveSource,
  type Values,
  withSuggestedName,
} from "./create-values";

/** The form that creates a notebook: its values, what is wrong with them, and sending them. */
export function useCreateForm(sizes: SizeOffer[], onCreated: (notebook: Notebook) => void) {
  const [filled, setValues] = useState(() => blank(sizes));
  // The sizes may come after the form: until somebody chooses, it is the first of them.
  const values = { ...filled, size: filled.size || blank(sizes).size };
  const [problems, setProblems] = useState(NO_PROBLEMS);
  const upload = useUpload();
  const create = useCreateNotebook();
  const sending = useRef<AbortController>(null);
  // Closing the dialog ends an upload that is under way.
  useEffect(() => () => sending.current?.abort(), []);

  const set = (change: Partial<Values>) => {
    setValues((before) => withSuggestedName({ ...before, ...change }, before));
    setProblems(NO_PROBLEMS);
    upload.reset();
    create.reset();
  };

  const send = async () => {
    sending.current = new AbortController();
    const { signal } = sending.current;
    const source = await resolveSource(values, (file) => upload.mutateAsync({ file, signal }));
    const { name, size, idleMinutes } = values;
    const idle_minutes = Number(idleMinutes);
    onCreated(await create.mutateAsync({ name: name.trim(), size, idle_minutes, source }));
  };

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const found = check(values);
    setProblems(found);
    const fine = FIELDS.every((field) => found[field] === null);
    // What goes wrong is kept by the two mutations, and shown from there.
    if (fine) send().catch(() => undefined);
    else focusFirstProblem(event.currentTarget);
  };

  const problemOf = (field: (typeof FIELDS)[number]) => {
    const sourceError = upload.error ?? (isAboutSource(create.error) ? create.error : null);
    if (field === "source" && sourceError !== null) return messageOf(sourceError);
    return problems[field] ?? fieldError(create.error, field);
  };

  return {
    values,
    set,
    submit,
    problemOf,
    /** What the API said that belongs to no field. */
    error: isFormError(create.error, FIELDS) && !isAboutSource(create.error) ? create.error : null,
    busy: upload.isPending || create.isPending,
    /** How much of the file has been sent, while it is. */
    share: upload.isPending ? upload.share : null,
  };
}

/**
 * Whether the file to begin with could not be had: of all that is sent, only that can be missing
 * or too large.
 */
function isAboutSource(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 413);
}
