import { IDLE_MINUTES } from "@/config/limits";
import type { SizeOffer } from "@/lib/api-models";
import type { NotebookSource } from "../api/create-notebook";
import {
  fileProblem,
  githubProblem,
  idleProblem,
  nameFromAddress,
  nameFromFile,
  nameProblem,
} from "./notebook-form";

export type SourceKind = NotebookSource["kind"];

/** What somebody has filled in so far. */
export type Values = {
  name: string;
  size: string;
  idleMinutes: string;
  source: SourceKind;
  file: File | null;
  githubUrl: string;
};

/** The fields as the API calls them. */
export const FIELDS = ["name", "size", "idle_minutes", "source"] as const;

/** What is wrong with each field, as a sentence; null if nothing is. */
export type Problems = Record<(typeof FIELDS)[number], string | null>;

/** The form before anybody touched it. */
export function blank(sizes: SizeOffer[]): Values {
  return {
    name: "",
    size: sizes.find((size) => size.extra_usd_hour !== null)?.id ?? "",
    idleMinutes: String(IDLE_MINUTES.default),
    source: "blank",
    file: null,
    githubUrl: "",
  };
}

/** The form without complaints. */
export const NO_PROBLEMS: Problems = { name: null, size: null, idle_minutes: null, source: null };

/** A name that nobody typed follows the file that it came from. */
export function withSuggestedName(values: Values, before: Values): Values {
  const untouched = values.name === before.name && values.name === suggestion(before);
  return untouched ? { ...values, name: suggestion(values) } : values;
}

function suggestion({ source, file, githubUrl }: Values): string {
  if (source === "upload") return nameFromFile(file?.name ?? "");
  if (source === "github") return githubProblem(githubUrl) ? "" : nameFromAddress(githubUrl);
  return "";
}

/** What is wrong with the form, as far as a browser can tell. */
export function check(values: Values): Problems {
  return {
    name: nameProblem(values.name),
    size: values.size === "" ? "Choose a size." : null,
    idle_minutes: idleProblem(Number(values.idleMinutes || Number.NaN)),
    source: sourceProblem(values),
  };
}

function sourceProblem({ source, file, githubUrl }: Values): string | null {
  if (source === "upload") return fileProblem(file);
  if (source === "github") return githubProblem(githubUrl);
  return null;
}

/** What the API is told to begin with; a file is sent first, by `send`. */
export async function resolveSource(
  { source, file, githubUrl }: Values,
  send: (file: File) => Promise<string>,
): Promise<NotebookSource> {
  if (source === "upload" && file !== null) {
    return { kind: "upload", upload_id: await send(file) };
  }
  if (source === "github") return { kind: "github", url: githubUrl.trim() };
  return { kind: "blank" };
}
