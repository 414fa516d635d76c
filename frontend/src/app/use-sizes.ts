import { usePlans } from "@/features/plans/api/get-plans";
import type { Size } from "@/lib/api-models";

const NONE: Size[] = [];

/** The sizes on offer; none while they are being loaded, so that no page waits for prices. */
export function useSizes(): Size[] {
  return usePlans().data?.sizes ?? NONE;
}
