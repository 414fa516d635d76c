import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Billing } from "@/lib/api-models";
import { billingKeys, lookAgain, timed } from "./billing-cache";

type Update = { limit_usd: string | null; version: number };

/** Set the month's limit (`"25.00"`), or remove it. Fails with 412 if the bill has changed since. */
export function useUpdateLimit() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ limit_usd, version }: Update) =>
      api.put<Billing>("/billing/limit", { body: { limit_usd }, ifMatch: version }),
    onMutate: () => client.cancelQueries({ queryKey: billingKeys.now }),
    onSuccess: (billing) => {
      client.setQueryData(billingKeys.now, timed(billing));
      lookAgain(client);
    },
    onError: () => client.invalidateQueries({ queryKey: billingKeys.now }),
  });
}
