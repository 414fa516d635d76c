import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { Account } from "@/lib/api-models";
import { accountQuery } from "./get-account";

type Change = { name: string; version: number };

/** Change the profile. On a 412 the newest profile is loaded, so that saving again works. */
export function useUpdateAccount() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ name, version }: Change) =>
      api.patch<Account>("/me", { body: { name }, ifMatch: version }),
    onSuccess: (account) => client.setQueryData(accountQuery.queryKey, account),
    onError: () => client.invalidateQueries({ queryKey: accountQuery.queryKey }),
  });
}
