import { IDLE_MINUTES, NAME_MAX_LENGTH } from "@/config/limits";

/** What is wrong with a name, as a sentence; null if nothing is. */
export function nameProblem(name: string): string | null {
  const { length } = [...name.trim()];
  if (length === 0) return "Give it a name.";
  if (length > NAME_MAX_LENGTH) return `Use at most ${NAME_MAX_LENGTH} characters.`;
  return null;
}

/** What is wrong with the minutes after which it stops by itself. */
export function idleProblem(minutes: number): string | null {
  const { min, max } = IDLE_MINUTES;
  const fits = Number.isInteger(minutes) && minutes >= min && minutes <= max;
  return fits ? null : `Use whole minutes, from ${min} to ${max}.`;
}

/** What is wrong with a file to upload. Whether it really is a notebook, the API says. */
export function fileProblem(file: File | null): string | null {
  if (file === null) return "Choose a file.";
  if (!isNotebookFile(file.name)) return "Choose a Jupyter notebook: its name ends in .ipynb.";
  if (file.size === 0) return "This file is empty.";
  return null;
}

/** What is wrong with the address of a file on GitHub. */
export function githubProblem(address: string): string | null {
  const url = parseUrl(unwrapped(address));
  if (url === null) return "Paste the address of the file's page on GitHub.";
  if (!isNotebookFile(url.pathname)) {
    return "Paste the address of one notebook file: it ends in .ipynb.";
  }
  return null;
}

/** A name for a notebook made from this file or address: `climate-model`. */
export function nameFromFile(path: string): string {
  const file = path.split(/[/\\]/).at(-1) ?? "";
  return shortened(decode(file).replace(/\.ipynb$/i, ""));
}

/** A name for a notebook made from what an address on GitHub leads to, whatever `?` and `#` add. */
export function nameFromAddress(address: string): string {
  return nameFromFile(parseUrl(unwrapped(address))?.pathname ?? "");
}

function isNotebookFile(path: string): boolean {
  return /\.ipynb$/i.test(path);
}

/** The beginning of a name that is too long; no emoji falls apart. */
function shortened(name: string): string {
  const kept: string[] = [];
  let length = 0;
  for (const { segment } of new Intl.Segmenter().segment(name.normalize("NFC"))) {
    length += [...segment].length;
    if (length > NAME_MAX_LENGTH) break;
    kept.push(segment);
  }
  return kept.join("");
}

/** An address without what a paste leaves around it: unseen characters, quotes, brackets. */
function unwrapped(text: string): string {
  const seen = text.replace(/^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu, "");
  const address = /^\[[^\]]*\]\(\s*(\S+)\s*\)/.exec(seen)?.[1] ?? seen;
  return address.replace(/^[\s\p{Cf}\p{P}<`]+|[\s\p{Cf}\p{P}>`]+$/gu, "");
}

function parseUrl(address: string): URL | null {
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  return url !== null && /^https?:$/.test(url.protocol) ? url : null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
