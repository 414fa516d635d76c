/**
 * Money is a whole number (bigint) of pico-dollars, never a float. The API sends decimal strings.
 *
 * Micro-dollars would not do: an hour of a stored MiB costs $0.00000015. Twelve decimals are what
 * Stripe allows a price to have.
 */
export type Usd = bigint;

const DECIMALS = 12;
const DOLLAR = 10n ** BigInt(DECIMALS);
const CENT = DOLLAR / 100n;
const MICRO = DOLLAR / 1_000_000n;
const HOUR_MS = 3_600_000n;
const MINUS = "\u2212";

/** The amount of a decimal string: `"0.0987"`, `"-3.20"`. Throws on anything else. */
export function parseUsd(decimal: string): Usd {
  const match = /^(-?)(\d+)(?:\.(\d{1,12}))?$/.exec(decimal);
  if (match === null) throw new Error(`Not an amount of money: ${decimal}`);
  const [, sign, whole = "", fraction = ""] = match;
  const amount = BigInt(whole) * DOLLAR + BigInt(fraction.padEnd(DECIMALS, "0"));
  return sign === "-" ? -amount : amount;
}

/** The sum of decimal strings. */
export function sumUsd(decimals: Iterable<string>): Usd {
  let sum = 0n;
  for (const decimal of decimals) sum += parseUsd(decimal);
  return sum;
}

/** `$29`, `$1.04`, `$0.0987`: whole dollars bare, else at least the cents, at most `digits`. */
export function formatUsd(amount: Usd, digits: 2 | 4 = 4): string {
  const [dollars = "", fraction = ""] = formatFixed(amount, digits).split(".");
  const shown = fraction.replace(/0+$/, "");
  return shown === "" ? dollars : `${dollars}.${shown.padEnd(2, "0")}`;
}

/** `$29.00`, `−$3.20`, `$0.3127`: always so many digits, for columns and for what ticks. */
export function formatFixed(amount: Usd, digits: 2 | 4 = 2): string {
  const unit = 10n ** BigInt(DECIMALS - digits);
  const rounded = (magnitude(amount) + unit / 2n) / unit;
  const text = rounded.toString().padStart(digits + 1, "0");
  const dollars = text.slice(0, -digits).replace(/\B(?=(\d{3})+$)/g, ",");
  const sign = amount < 0n && rounded > 0n ? MINUS : "";
  return `${sign}$${dollars}.${text.slice(-digits)}`;
}

/** What was spent, to the cent; `<$0.01` for what is something, but less than a cent. */
export function formatSpent(amount: Usd): string {
  return amount > 0n && amount < CENT ? "<$0.01" : formatFixed(amount);
}

/** A price as exact as the API says it: `$0.00000015`, `$0.000014`, `$29`. */
export function exactPrice(decimal: string): string {
  const [dollars, fraction = ""] = decimal.split(".");
  const shown = fraction.replace(/0+$/, "");
  return shown === "" ? `$${dollars}` : `$${dollars}.${shown.padEnd(2, "0")}`;
}

/** What `seconds` cost at a price an hour, rounded up to a whole micro-dollar. */
export function costOf(pricePerHour: string, seconds: number): Usd {
  const total = parseUsd(pricePerHour) * BigInt(Math.max(0, Math.ceil(seconds)));
  const unit = MICRO * 3_600n;
  return ((total + unit - 1n) / unit) * MICRO;
}

/** What is spent by now of something that had cost `spent` some milliseconds ago. */
export function spentAfter(spent: string, ratePerHour: string, elapsedMs: number): Usd {
  const elapsed = BigInt(Math.max(0, Math.round(elapsedMs)));
  return parseUsd(spent) + (parseUsd(ratePerHour) * elapsed) / HOUR_MS;
}

/** Dollars as a float: for the height of a bar, and for nothing that is added up. */
export function toDrawnNumber(amount: Usd): number {
  return Number(amount / MICRO) / 1_000_000;
}

/** `$0.0987 an hour`. */
export function perHour(price: string): string {
  return `${formatUsd(parseUsd(price))} an hour`;
}

/** `$29 a month`. */
export function perMonth(price: string): string {
  return `${formatUsd(parseUsd(price), 2)} a month`;
}

function magnitude(amount: Usd): Usd {
  return amount < 0n ? -amount : amount;
}
