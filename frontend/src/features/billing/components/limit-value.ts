import { MOST_LIMIT_USD } from "@/config/limits";
import { formatUsd, parseUsd } from "@/lib/money";

/** What is wrong with a limit that somebody typed, as a sentence; null if nothing is. */
export function limitProblem(typed: string): string | null {
  const text = clean(typed);
  if (text === "") return "Give an amount, or remove the limit.";
  if (!/^\d+([.]\d{1,2})?$/.test(text)) return "Use dollars and cents, such as 25 or 12.50.";
  if (parseUsd(text) > parseUsd(String(MOST_LIMIT_USD))) {
    return `Use at most ${formatUsd(parseUsd(String(MOST_LIMIT_USD)), 2)}.`;
  }
  return null;
}

/** A typed limit as the API wants it: `25` → `25.00`. Only for what has no problem. */
export function toLimit(typed: string): string {
  const [dollars = "0", cents = ""] = clean(typed).split(".");
  return `${BigInt(dollars)}.${cents.padEnd(2, "0")}`;
}

/** A limit as the field shows it: `25.00` → `25`. */
export function toTyped(limit: string | null): string {
  return limit === null ? "" : limit.replace(/\.00$/, "");
}

function clean(typed: string): string {
  return typed.trim().replace(/^\$\s*/, "");
}
