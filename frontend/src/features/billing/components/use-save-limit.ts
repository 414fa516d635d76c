import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "@/lib/api-error";
import type { Billing } from "@/lib/api-models";
import { billingQuery } from "../api/get-billing";
import { useUpdateLimit } from "../api/update-limit";

/**
 * Save a limit, based on the one that was on the screen.
 *
 * A bill changes by itself, when Stripe tells something; then it is saved all the same. If it is
 * the limit that was changed elsewhere, `changedTo` says to what, and saving again overwrites it.
 */
export function useSaveLimit(billing: Billing, onSaved: () => void) {
  const client = useQueryClient();
  const update = useUpdateLimit();
  const [base, setBase] = useState(billing);
  const [changedTo, setChangedTo] = useState<{ limit: string | null } | null>(null);

  const save = (limit_usd: string | null, on: Billing = base) => {
    setChangedTo(null);
    update.mutate(
      { limit_usd, version: on.version },
      { onSuccess: onSaved, onError: (error) => compare(error, limit_usd, on) },
    );
  };

  const compare = async (error: unknown, limit_usd: string | null, on: Billing) => {
    if (!(error instanceof ApiError && error.status === 412)) return;
    const latest = await client.fetchQuery({ ...billingQuery, staleTime: 0 });
    setBase(latest);
    if (latest.version !== on.version && latest.limit_usd === on.limit_usd) {
      save(limit_usd, latest);
    } else {
      setChangedTo({ limit: latest.limit_usd });
    }
  };

  return {
    save,
    saving: update.isPending,
    error: changedTo === null ? update.error : null,
    changedTo,
    reset: update.reset,
  };
}
