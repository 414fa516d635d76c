import { Button, Radio, Stack, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { Dialog, DialogActions } from "@/components/dialog";
import { ErrorNotice } from "@/components/error-notice";
import { fieldError, isFormError } from "@/lib/api-error";
import type { Notebook, SizeOffer } from "@/lib/api-models";
import { formatDateTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { useKeepRunning } from "../api/keep-running";
import classes from "./keep-running-dialog.module.css";
import { type Choice, endOf, endProblem, priceOfKeeping, toFieldValue } from "./keep-running-times";
import { priceWords } from "./notebook-words";

type FormProps = { notebook: Notebook; size: SizeOffer | undefined; onClose: () => void };

const RENEW_MS = 15_000;

/** Asks until when an idle notebook shall run on, and shows the price before it is taken. */
export function KeepRunningDialog({ opened, ...form }: FormProps & { opened: boolean }) {
  return (
    <Dialog opened={opened} onClose={form.onClose} title="Keep running until">
      <KeepRunningForm {...form} />
    </Dialog>
  );
}

function KeepRunningForm({ notebook, size, onClose }: FormProps) {
  const now = new Date(useNow(RENEW_MS));
  const [choice, setChoice] = useState<Choice>("morning");
  const [own, setOwn] = useState(() => toFieldValue(endOf("morning", "", now) ?? now));
  const [checked, setChecked] = useState(false);
  const keep = useKeepRunning(notebook.id);
  const end = endOf(choice, own, now);
  const problem = endProblem(end, now);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (end === null || problem !== null) return;
    keep.mutate(end.toISOString().replace(".000Z", "Z"), { onSuccess: onClose });
  };

  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Radio.Group
          aria-label="Until when"
          value={choice}
          onChange={(value) => setChoice(value as Choice)}
        >
          <Stack gap="sm">
            <Radio value="morning" label={labelOf("morning", now)} data-autofocus />
            <Radio value="2h" label={labelOf("2h", now)} />
            <Radio value="8h" label={labelOf("8h", now)} />
            <Radio value="own" label="Another time" />
          </Stack>
        </Radio.Group>
        {choice === "own" && (
          <TextInput
            type="datetime-local"
            label="Day and time"
            value={own}
            min={toFieldValue(now)}
            onChange={(event) => setOwn(event.currentTarget.value)}
            error={(checked ? problem : null) ?? fieldError(keep.error, "until")}
          />
        )}
        {end !== null && problem === null && <Price end={end} now={now} size={size} />}
        {isFormError(keep.error, choice === "own" ? ["until"] : []) && (
          <ErrorNotice error={keep.error} />
        )}
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={keep.isPending}>
            Keep running
          </Button>
        </DialogActions>
      </Stack>
    </form>
  );
}

function Price({ end, now, size }: { end: Date; now: Date; size: SizeOffer | undefined }) {
  const price = size?.extra_usd_hour ?? null;
  return (
    <p className={classes.price} role="status">
      <strong>{price === null ? "The price is not known" : priceOfKeeping(end, now, price)}</strong>
      {size && `${size.name}: ${priceWords(price)}. You can take it back at any time.`}
    </p>
  );
}

function labelOf(choice: "morning" | "2h" | "8h", now: Date): string {
  const end = formatDateTime((endOf(choice, "", now) ?? now).toISOString());
  return { morning: end, "2h": `For 2 hours, until ${end}`, "8h": `For 8 hours, until ${end}` }[
    choice
  ];
}
