const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `0 B`, `812 KiB`, `1.4 GiB`: powers of 1024, one decimal below ten. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const value = bytes / 1024 ** power;
  const digits = power === 0 || value >= 10 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[power]}`;
}
