import { Button } from "@mantine/core";
import { Link } from "react-router";
import { ErrorNotice } from "@/components/error-notice";
import { paths } from "@/config/paths";
import { ApiError } from "@/lib/api-error";

/** What keeps a notebook from starting, by the API's code, and where that can be changed. */
const FIXES: Readonly<Record<string, { to: string; label: string }>> = {
  limit_reached: { to: paths.changeLimit, label: "Change the limit" },
  payment_required: { to: paths.billing, label: "See what is to be paid" },
  plan_size: { to: paths.plans, label: "Compare plans" },
  plan_limit: { to: paths.plans, label: "Compare plans" },
};

/** What a notebook's button met, with the way to what fixes it. Shows nothing without an error. */
export function StartError({ error }: { error: unknown }) {
  const fix = error instanceof ApiError ? FIXES[error.code] : undefined;
  return (
    <ErrorNotice
      error={error}
      action={
        fix && (
          <Button size="compact-sm" variant="default" component={Link} to={fix.to}>
            {fix.label}
          </Button>
        )
      }
    />
  );
}
