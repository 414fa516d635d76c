/**
 * The API's types by the names that this application uses.
 *
 * The only reader of the generated file, so that a renamed schema is a change of one line here.
 */
import type { components } from "./api-types";

type Schemas = components["schemas"];

export type Account = Schemas["Account"];
export type Session = Schemas["Session"];
export type Token = Schemas["Token"];
export type NewToken = Schemas["NewToken"];
export type Catalogue = Schemas["Catalogue"];
export type Plan = Schemas["Plan"];
export type Size = Schemas["Size"];
export type Meter = Schemas["Meter"];
export type Billing = Schemas["Billing"];
export type BillingNotice = Schemas["Notice"];
export type Running = Schemas["Running"];
export type PlanChange = Schemas["PlanChange"];
export type Usage = Schemas["Usage"];
export type UsageResource = Schemas["ResourceUsage"];
export type Upcoming = Schemas["Upcoming"];
export type Invoice = Schemas["Invoice"];
export type NotebookCost = Schemas["Cost"];
export type Server = Schemas["Server"];
export type Upload = Schemas["Upload"];

export type Workspace = Schemas["Workspace"];

/** Where a notebook or a cluster is in its lifecycle. */
export type RunState = "stopped" | "starting" | "running" | "stopping" | "failed";
export type NotebookState = RunState;

/** A step of a start. */
export type Stage = { name: StageName; at: string };
export type StageName = "requested" | "launching" | "booting" | "restoring" | "ready";

/** A notebook; the words for its states, which the API's schema calls strings, are told apart. */
export type Notebook = Omit<Schemas["Notebook"], "state" | "stages"> & {
  state: NotebookState;
  stages: Stage[];
};

/** A size as one account may have it: `extra_usd_hour` is beyond its plan, null if it can't. */
export type SizeOffer = Omit<Size, "extra_usd_hour"> & { extra_usd_hour: string | null };

export type Cluster = Schemas["Cluster"];
export type ClusterProblem = Schemas["Problem"];
export type ClusterTasks = Schemas["TaskCounts"];
export type ClusterWorker = Schemas["ClusterWorker"];
export type WorkerHistory = Schemas["History"];
export type LogLine = Schemas["LogLine"];
export type LogPage = Schemas["LogPage"];

/** What an API token may be allowed to do. */
export type Scope = Schemas["CreateToken"]["scopes"][number];

/** One page of a list; `next_cursor` asks for the next. */
export type Page<T> = { items: T[]; next_cursor: string | null };
