import { useMutation } from "@tanstack/react-query";
import { paths } from "@/config/paths";
import { api } from "@/lib/api-client";
import { leaveFor } from "@/lib/leave";

/** Sign out of every browser, this one too. */
export function useSignOutEverywhere() {
  return useMutation({
    mutationFn: () => api.post<void>("/auth/sign-out-everywhere"),
    onSuccess: () => leaveFor(paths.landing),
  });
}
