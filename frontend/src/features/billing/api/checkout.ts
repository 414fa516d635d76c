import { useMutation } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import { goTo } from "@/lib/leave";

/** Begin to pay for a plan: go to Stripe's page for it, which leads back to the bill. */
export function useCheckout() {
  return useMutation({
    mutationFn: (plan: string) =>
      api.post<{ url: string }>("/billing/checkout", { body: { plan } }),
    onSuccess: ({ url }) => goTo(url),
  });
}
