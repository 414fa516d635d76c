const UNITS = ["B", "KiB", "MiB", "GiB"] as const;

/**
 * `0 B`, `812 KiB`, `1.4 GiB`, `5,000 GiB`: powers of 1024, one decimal below ten. Plans and bills
 * count in GiB, so there is nothing larger.
 */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const value = bytes / 1024 ** power;
  const digits = power === 0 || value >= 10 || Number.isInteger(value) ? 0 : 1;
  const shown = value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `${shown} ${UNITS[power]}`;
}

/** Part of a whole, from 0 to 100 with one decimal: a meter's value may not be like `1e-7`. */
export function percent(part: number, whole: number): number {
  return whole > 0 ? Math.round(Math.min(1, part / whole) * 1000) / 10 : 0;
}
