/** Told apart by the first that fits: each of them claims to be the ones below it. */
const BROWSERS: ReadonlyArray<[RegExp, string]> = [
  [/Edg\w*\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\/|FxiOS\//, "Firefox"],
  [/Chrom\w+\/|CriOS\//, "Chrome"],
  [/Safari\//, "Safari"],
];

const SYSTEMS: ReadonlyArray<[RegExp, string]> = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux|X11/, "Linux"],
];

/** `Firefox on Linux`: enough to recognise one's own; the whole user agent helps nobody. */
export function browserName(userAgent: string | null): string {
  const browser = match(BROWSERS, userAgent);
  const system = match(SYSTEMS, userAgent);
  if (browser === null) return system === null ? "An unknown browser" : `A browser on ${system}`;
  return system === null ? browser : `${browser} on ${system}`;
}

function match(names: ReadonlyArray<[RegExp, string]>, userAgent: string | null): string | null {
  return names.find(([pattern]) => pattern.test(userAgent ?? ""))?.[1] ?? null;
}
