import { Button, Loader } from "@mantine/core";
import { DialogActions } from "@/components/dialog";
import { ErrorNotice } from "@/components/error-notice";
import { announce } from "@/lib/announcements";
import { ApiError } from "@/lib/api-error";
import type { Plan, PlanChange } from "@/lib/api-models";
import { formatFixed, parseUsd } from "@/lib/money";
import { formatUtcDate } from "@/lib/time";
import { useChangePlan } from "../api/change-plan";
import { usePlanChange } from "../api/get-plan-change";
import { useOpenPortal } from "../api/open-portal";
import classes from "./change-plan-dialog.module.css";

type Props = {
  /** The plan that was chosen, if one was. */
  plan: Plan | null;
  onClose: () => void;
};

/** What the API says when the change was not paid, or an invoice before it. */
const PAYMENT_CODES = new Set(["payment_failed", "payment_required"]);

/** What a change costs, line by line, and the button that takes it at that price. */
export function PlanPreview({ plan, onClose }: Props) {
  const preview = usePlanChange(plan?.id ?? null);
  const change = useChangePlan();
  const confirm = ({ plan: to, proration_at }: PlanChange) =>
    change.mutate(
      { plan: to, proration_at },
      {
        onSuccess: () => {
          announce("The plan is changed.");
          onClose();
        },
      },
    );
  const lookAgain = () => {
    change.reset();
    preview.refetch();
  };
  return (
    <>
      <div role="status">
        {plan !== null && preview.isPending && (
          <p className={classes.waiting}>
            <Loader size="sm" aria-hidden /> Asking Stripe what it would cost…
          </p>
        )}
        {preview.data && <Lines change={preview.data} />}
      </div>
      <ErrorNotice error={preview.data ? null : preview.error} onRetry={() => preview.refetch()} />
      <ChangeError error={change.error} onLookAgain={lookAgain} />
      <DialogActions>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          disabled={!preview.data}
          loading={change.isPending}
          onClick={() => preview.data && confirm(preview.data)}
        >
          {preview.data ? confirmWords(preview.data) : "Change the plan"}
        </Button>
      </DialogActions>
    </>
  );
}

function Lines({ change }: { change: PlanChange }) {
  const due = parseUsd(change.due_today_usd);
  return (
    <div className={classes.preview}>
      <table className={classes.lines}>
        <tbody>
          {change.lines.map(({ description, amount_usd }) => (
            <tr key={`${description} ${amount_usd}`}>
              <th scope="row">{description}</th>
              <td>{formatFixed(parseUsd(amount_usd))}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{due < 0n ? "Credit for later invoices" : "To pay today"}</th>
            <td>{formatFixed(due < 0n ? -due : due)}</td>
          </tr>
        </tfoot>
      </table>
      <p className={classes.next}>
        {change.effective === "period_end" &&
          `It changes on ${formatUtcDate(change.effective_at)}. `}
        Next invoice, as it stands: {formatFixed(parseUsd(change.next_total_usd))} on{" "}
        {formatUtcDate(change.next_at)}. Usage until then is added.
      </p>
    </div>
  );
}

type ChangeErrorProps = { error: unknown; onLookAgain: () => void };

/** What failed, with what can be done: another card, or the price as it is by now. */
function ChangeError({ error, onLookAgain }: ChangeErrorProps) {
  const portal = useOpenPortal();
  const code = error instanceof ApiError ? error.code : "";
  const fix = PAYMENT_CODES.has(code)
    ? { label: "Pay or change the card", act: () => portal.mutate() }
    : { label: "Show the new price", act: onLookAgain };
  const canBeFixed = PAYMENT_CODES.has(code) || code === "preview_expired";
  return (
    <>
      <ErrorNotice
        error={error}
        action={
          canBeFixed && (
            <Button
              size="compact-sm"
              variant="default"
              loading={portal.isPending}
              onClick={fix.act}
            >
              {fix.label}
            </Button>
          )
        }
      />
      <ErrorNotice error={portal.error} />
    </>
  );
}

function confirmWords({ effective, effective_at, due_today_usd }: PlanChange): string {
  if (effective === "period_end") return `Change on ${formatUtcDate(effective_at)}`;
  const due = parseUsd(due_today_usd);
  if (due > 0n) return `Pay ${formatFixed(due)} and change`;
  return due === 0n ? "Change now" : `Change now, with ${formatFixed(-due)} of credit`;
}
