import type { Scope } from "@/lib/api-models";

/** What a token may be allowed to do, in the order in which it is offered. */
export const SCOPES: ReadonlyArray<{ scope: Scope; label: string; description: string }> = [
  {
    scope: "notebooks:read",
    label: "See notebooks",
    description: "List them and look at their state.",
  },
  {
    scope: "notebooks:write",
    label: "Change notebooks",
    description: "Create, start, stop, open, change and delete them. Starting costs money.",
  },
  {
    scope: "clusters:read",
    label: "See clusters",
    description: "List them, and read their workers, their costs and their logs.",
  },
  {
    scope: "clusters:write",
    label: "Stop clusters",
    description: "End them; what is not finished is lost.",
  },
  { scope: "account:read", label: "See the account", description: "Your name, email and plan." },
];

/** A right in words. */
export function scopeWords(scope: Scope): string {
  return SCOPES.find((known) => known.scope === scope)?.label ?? scope;
}
