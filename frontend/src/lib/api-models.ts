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

export type Storage = Schemas["Storage"];
export type Version = Schemas["SavedSnapshot"];
export type SnapshotChanges = Schemas["Changes"];
export type SnapshotFile = Schemas["FileOfThen"];
export type SnapshotContent = Schemas["ContentOfThen"];

export type Workspace = Schemas["Workspace"];

/** Where a notebook or a cluster is in its lifecycle. */
export type RunState = Schemas["NotebookState"] | Schemas["ClusterState"];
export type NotebookState = Schemas["NotebookState"];

/** A step of a start. */
export type Stage = Schemas["Stage"];
export type StageName = Schemas["StartStep"];

export type Notebook = Schemas["Notebook"];
/** Why a notebook's server ended. */
export type ServerEnd = Schemas["ServerEnd"];

/** A size as one account may have it: `extra_usd_hour` is beyond its plan, null if it can't. */
export type SizeOffer = Omit<Size, "extra_usd_hour"> & { extra_usd_hour: string | null };

export type Cluster = Schemas["Cluster"];
/** Why a cluster ended. */
export type ClusterEnd = Schemas["ClusterEnd"];
export type ClusterStop = Schemas["Stop"];
export type ClusterProblem = Schemas["Problem"];
export type ClusterTasks = Schemas["TaskCounts"];
export type ClusterWorker = Schemas["ClusterWorker"];
export type WorkerHistory = Schemas["History"];
export type LogLine = Schemas["LogLine"];
export type LogPage = Schemas["LogPage"];

/** What an API token may be allowed to do. */
export type Scope = Schemas["Scope"];

/** One page of a list; `next_cursor` asks for the next. */
export type Page<T> = { items: T[]; next_cursor: string | null };
