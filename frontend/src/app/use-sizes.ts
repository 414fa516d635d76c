import { useMemo } from "react";
import { usePlans } from "@/features/plans/api/get-plans";
import type { Size, SizeOffer } from "@/lib/api-models";

/**
 * The sizes on offer, with what an hour costs beyond this plan; none while they are being loaded,
 * so that no page waits for prices.
 */
export function useSizes(plan: string): SizeOffer[] {
  const sizes = usePlans().data?.sizes;
  return useMemo(() => (sizes ?? []).map((size) => offerOn(plan, size)), [sizes, plan]);
}

function offerOn(plan: string, size: Size): SizeOffer {
  return { ...size, extra_usd_hour: size.extra_usd_hour[plan] ?? null };
}
