/**
 * The API's types by the names that this application uses.
 *
 * The only reader of the generated file, so that a renamed schema is a change of one line here.
 */
import type { components } from "./api-types";
import type { NotebookCost } from "./billing-models";

export type * from "./billing-models";

type Schemas = components["schemas"];

export type Account = Schemas["Account"];
export type Session = Schemas["Session"];
export type Token = Schemas["Token"];
export type NewToken = Schemas["NewToken"];

/** One run of a notebook; `cost_usd` is what it cost beyond the plan. */
export type Server = Schemas["Server"] & { cost_usd: string | null };
export type Upload = Schemas["Upload"];

export type Workspace = Schemas["Workspace"];

/** Where a notebook is in its lifecycle. */
export type NotebookState = "stopped" | "starting" | "running" | "stopping" | "failed";

/** A step of a start. */
export type Stage = { name: StageName; at: string };
export type StageName = "requested" | "launching" | "booting" | "restoring" | "ready";

/** A notebook; the words for its states, which the API's schema calls strings, are told apart. */
export type Notebook = Omit<Schemas["Notebook"], "state" | "stages"> & {
  state: NotebookState;
  stages: Stage[];
  /** While it is up. */
  cost: NotebookCost | null;
  /** What an hour of its size costs beyond the plan; null if the plan can't have it. */
  price_usd_hour: string | null;
};

/** What an API token may be allowed to do. */
export type Scope = Schemas["CreateToken"]["scopes"][number];

/** One page of a list; `next_cursor` asks for the next. */
export type Page<T> = { items: T[]; next_cursor: string | null };
