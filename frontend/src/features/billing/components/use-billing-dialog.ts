import { useSearchParams } from "react-router";

/** Which dialog the address asks for, so that notices and other pages can lead to it. */
export function useBillingDialog() {
  const [search, setSearch] = useSearchParams();
  const put = (changes: Record<string, string | null>) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes)) {
          if (value === null) after.delete(name);
          else after.set(name, value);
        }
        return after;
      },
      { replace: true },
    );
  return {
    /** Whether the limit is being edited. */
    editsLimit: search.get("edit") === "limit",
    /** The plan to change to; empty if it is still to be chosen, null if none is asked for. */
    changesTo: search.get("change"),
    editLimit: () => put({ edit: "limit" }),
    changeTo: (plan: string) => put({ change: plan }),
    close: () => put({ edit: null, change: null }),
  };
}
