import { useMutation } from "@tanstack/react-query";
import { paths } from "@/config/paths";
import { api } from "@/lib/api-client";
import { leaveFor } from "@/lib/leave";

/** Sign out of this browser. The page is loaded anew, so that nothing stays in its memory. */
export function useSignOut() {
  return useMutation({
    mutationFn: () => api.post<void>("/auth/sign-out"),
    onSuccess: () => leaveFor(paths.landing),
  });
}
