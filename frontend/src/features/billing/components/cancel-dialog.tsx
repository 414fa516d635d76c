import { Button, Stack } from "@mantine/core";
import { Dialog, DialogActions } from "@/components/dialog";
import { ErrorNotice } from "@/components/error-notice";
import { announce } from "@/lib/announcements";
import type { Billing, Plan } from "@/lib/api-models";
import { formatFixed, parseUsd } from "@/lib/money";
import { formatUtcDate } from "@/lib/time";
import { useChangePlan } from "../api/change-plan";
import { usePlanChange } from "../api/get-plan-change";
import { planName } from "./plan-words";

const FREE = "free";

type FormProps = { billing: Billing; plans: Plan[]; onClose: () => void };

/** Says what canceling means, and cancels. */
export function CancelDialog({ opened, ...form }: FormProps & { opened: boolean }) {
  return (
    <Dialog opened={opened} onClose={form.onClose} title="Cancel the plan?">
      <CancelForm {...form} />
    </Dialog>
  );
}

function CancelForm({ billing, plans, onClose }: FormProps) {
  const change = useChangePlan();
  const last = usePlanChange(FREE).data;
  const name = planName(plans, billing.plan);
  const end = billing.renews_at ? formatUtcDate(billing.renews_at) : "the end of the month";
  const cancel = () =>
    change.mutate(
      { plan: FREE, proration_at: null },
      {
        onSuccess: () => {
          announce("Canceled.");
          onClose();
        },
      },
    );
  return (
    <Stack>
      <p>
        {name} goes on until {end}, and you can take the cancellation back until then. After that
        the Free plan follows: clusters and notebooks of larger sizes are saved and stopped, and
        files stay as they are.
      </p>
      <p>
        Usage until then is on a last invoice of that day
        {last && `, as it stands, of ${formatFixed(parseUsd(last.next_total_usd))}`}.
      </p>
      <ErrorNotice error={change.error} />
      <DialogActions>
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep the plan
        </Button>
        <Button color="red" loading={change.isPending} onClick={cancel}>
          Cancel on {end}
        </Button>
      </DialogActions>
    </Stack>
  );
}
