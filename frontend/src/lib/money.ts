/** Money is integer micro-dollars (bigint), never a float. The API sends decimal strings. */

const MICROS_PER_DOLLAR = 1_000_000n;
const SECONDS_PER_HOUR = 3_600n;

/** Micro-dollars of a decimal string: `"0.0987"` → `98700n`. Throws on anything else. */
export function parseUsd(decimal: string): bigint {
  const match = /^(\d+)(?:\.(\d{1,6}))?$/.exec(decimal);
  if (match?.[1] === undefined) throw new Error(`Not an amount of money: ${decimal}`);
  return BigInt(match[1]) * MICROS_PER_DOLLAR + BigInt((match[2] ?? "").padEnd(6, "0"));
}

/** `$29`, `$1.04`, `$0.0987`: whole dollars bare, else at least the cents, at most `digits`. */
export function formatUsd(micros: bigint, digits: 2 | 4 = 4): string {
  const unit = 10n ** BigInt(6 - digits);
  const rounded = ((micros + unit / 2n) / unit) * unit;
  const dollars = rounded / MICROS_PER_DOLLAR;
  const fraction = (rounded % MICROS_PER_DOLLAR).toString().padStart(6, "0").slice(0, digits);
  const shown = fraction.replace(/0+$/, "");
  return shown === "" ? `$${dollars}` : `$${dollars}.${shown.padEnd(2, "0")}`;
}

/** What `seconds` cost at a price an hour, rounded up to a whole micro-dollar. */
export function costOf(pricePerHour: string, seconds: number): bigint {
  const total = parseUsd(pricePerHour) * BigInt(Math.max(0, Math.ceil(seconds)));
  return (total + SECONDS_PER_HOUR - 1n) / SECONDS_PER_HOUR;
}

/** `$0.0987 an hour`. */
export function perHour(price: string): string {
  return `${formatUsd(parseUsd(price))} an hour`;
}

/** `$29 a month`. */
export function perMonth(price: string): string {
  return `${formatUsd(parseUsd(price), 2)} a month`;
}
