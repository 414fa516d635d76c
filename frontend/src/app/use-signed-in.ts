import { useOutletContext } from "react-router";
import type { Account } from "@/lib/api-models";

/** Who is signed in, on the pages within `SignedInLayout`. */
export function useSignedIn(): Account {
  return useOutletContext<Account>();
}
