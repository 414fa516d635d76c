import { Button, Stack, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { Dialog, DialogActions } from "@/components/dialog";
import { ErrorNotice } from "@/components/error-notice";
import { announce } from "@/lib/announcements";
import { fieldError, isFormError } from "@/lib/api-error";
import type { Billing } from "@/lib/api-models";
import { focusFirstProblem } from "@/lib/focus";
import { formatUsd, parseUsd } from "@/lib/money";
import classes from "./limit-dialog.module.css";
import { limitProblem, toLimit, toTyped } from "./limit-value";
import { useSaveLimit } from "./use-save-limit";

type FormProps = { billing: Billing; onClose: () => void };

/** Asks how much a month may cost beyond the plan. */
export function LimitDialog({ opened, ...form }: FormProps & { opened: boolean }) {
  return (
    <Dialog opened={opened} onClose={form.onClose} title="Monthly limit">
      <LimitForm {...form} />
    </Dialog>
  );
}

function LimitForm({ billing, onClose }: FormProps) {
  const [typed, setTyped] = useState(() => toTyped(billing.limit_usd));
  const [checked, setChecked] = useState(false);
  const form = useSaveLimit(billing, () => {
    announce("Saved.");
    onClose();
  });
  const problem = limitProblem(typed);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    setChecked(true);
    if (problem === null) form.save(toLimit(typed));
    else focusFirstProblem(event.currentTarget);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <TextInput
          label="Dollars a month, beyond the plan"
          description="0 allows nothing beyond it."
          leftSection="$"
          inputMode="decimal"
          autoComplete="off"
          value={typed}
          onChange={(event) => {
            form.reset();
            setTyped(event.currentTarget.value);
          }}
          error={(checked ? problem : null) ?? fieldError(form.error, "limit_usd")}
          data-autofocus
        />
        <ul className={classes.meaning}>
          <li>You are told at 50 and 80 %.</li>
          <li>
            At 100 %, clusters and notebooks of larger sizes are saved and stopped, and none is
            started until the month is over or the limit is raised.
          </li>
          <li>Notebooks of the included size go on: they cost nothing more.</li>
        </ul>
        {form.changedTo && <ChangedElsewhere limit={form.changedTo.limit} />}
        {isFormError(form.error, ["limit_usd"]) && <ErrorNotice error={form.error} />}
        <DialogActions>
          {billing.limit_usd !== null && (
            <Button
              variant="default"
              className={classes.remove ?? ""}
              disabled={form.saving}
              onClick={() => form.save(null)}
            >
              Remove the limit
            </Button>
          )}
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={form.saving}>
            Save
          </Button>
        </DialogActions>
      </Stack>
    </form>
  );
}

function ChangedElsewhere({ limit }: { limit: string | null }) {
  return (
    <p role="alert" className={classes.changed}>
      It was changed elsewhere meanwhile:{" "}
      {limit === null ? "there is no limit now" : `now it is ${formatUsd(parseUsd(limit), 2)}`}.
      Save again to overwrite that.
    </p>
  );
}
