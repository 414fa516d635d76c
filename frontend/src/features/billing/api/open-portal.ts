import { useMutation } from "@tanstack/react-query";
import { api } from "@/lib/api-client";
import { goTo } from "@/lib/leave";

/** Go to Stripe's page for cards, addresses and invoices, which leads back to the bill. */
export function useOpenPortal() {
  return useMutation({
    mutationFn: () => api.post<{ url: string }>("/billing/portal", { body: {} }),
    onSuccess: ({ url }) => goTo(url),
  });
}
