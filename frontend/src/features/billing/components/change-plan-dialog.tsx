import { Radio, Stack } from "@mantine/core";
import { Dialog } from "@/components/dialog";
import type { Billing, Plan } from "@/lib/api-models";
import { perMonth } from "@/lib/money";
import classes from "./change-plan-dialog.module.css";
import { PlanPreview } from "./plan-preview";

type Props = {
  billing: Billing;
  plans: Plan[];
  /** The plan to change to: empty if it is to be chosen, null if the dialog is closed. */
  target: string | null;
  onChoose: (plan: string) => void;
  onClose: () => void;
};

const FREE = "free";

/** Asks which plan, shows what that costs today and from then on, and changes it. */
export function ChangePlanDialog({ billing, plans, target, onChoose, onClose }: Props) {
  const others = plans.filter(({ id }) => id !== billing.plan && id !== FREE);
  const only = others.length === 1 ? others[0] : undefined;
  const plan = others.find(({ id }) => id === target) ?? only;
  return (
    <Dialog
      opened={target !== null && target !== FREE}
      onClose={onClose}
      title="Change the plan"
      size="lg"
    >
      <Stack>
        <Radio.Group label="To" value={plan?.id ?? ""} onChange={onChoose}>
          <div className={classes.plans}>
            {others.map(({ id, name, price_usd_month, summary }) => (
              <Radio
                key={id}
                value={id}
                label={`${name}, ${perMonth(price_usd_month)}`}
                description={summary}
                data-autofocus={id === (plan ?? others[0])?.id || undefined}
              />
            ))}
          </div>
        </Radio.Group>
        <PlanPreview key={plan?.id} plan={plan ?? null} onClose={onClose} />
      </Stack>
    </Dialog>
  );
}
