import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import type { NewToken, Scope } from "@/lib/api-models";
import { tokensQuery } from "./get-tokens";

type NewTokenForm = { name: string; scopes: Scope[]; expires_in_days: number | null };

/** Make an API token. Its secret is in this one answer, and nowhere ever after. */
export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (form: NewTokenForm) => api.post<NewToken>("/me/tokens", { body: form }),
    onSuccess: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
    gcTime: 0,
  });
}
