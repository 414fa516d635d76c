import type { Account, Catalogue, Notebook, Plan, Server, Size, SizeOffer } from "@/lib/api-models";

const BEFORE = "2026-11-22T20:00:00Z";

/** A notebook that has been stopped for a while, but for `changes`. */
export function aNotebook(changes: Partial<Notebook> = {}): Notebook {
  return {
    id: "nb_01",
    name: "Ocean temperatures",
    size: "small",
    idle_minutes: 30,
    state: "stopped",
    state_since: BEFORE,
    stages: [],
    failure: null,
    last_stop: null,
    cost: null,
    price_usd_hour: "0.0000",
    keep_until: null,
    last_activity_at: null,
    memory_bytes: null,
    activity: null,
    workspace: { files: 2, bytes: 2048, quota_bytes: 5 * 1024 ** 3, saved_at: null, error: null },
    url: "http://nb-01.localhost:8000",
    source: { kind: "blank", label: null },
    created_at: BEFORE,
    updated_at: BEFORE,
    deleted_at: null,
    purge_at: null,
    version: 1,
    ...changes,
  };
}

/** One session of it, over, but for `changes`. */
export function aServer(changes: Partial<Server> = {}): Server {
  return {
    id: "srv_01",
    notebook_id: "nb_01",
    size: "small",
    requested_at: "2026-11-22T18:00:00Z",
    ready_at: "2026-11-22T18:00:06Z",
    stopped_at: "2026-11-22T20:00:06Z",
    stop_reason: "idle",
    stop_message: "Nothing ran in it for 30 minutes.",
    exit_code: 0,
    cost_usd: "0.000000",
    ...changes,
  };
}

/** Somebody who is signed in. */
export function anAccount(changes: Partial<Account> = {}): Account {
  return {
    id: "acc_01",
    login: "ada",
    name: "Ada Lovelace",
    email: "ada@example.org",
    avatar_url: null,
    plan: "researcher",
    created_at: BEFORE,
    version: 1,
    ...changes,
  };
}

export const SMALL: Size = {
  id: "small",
  name: "Small",
  vcpu: 1,
  memory_gib: 4,
  gpu: 0,
  price_usd_hour: "0.0792",
  extra_usd_hour: { free: "0.0000", researcher: "0.0000", lab: "0.0000" },
};

export const LARGE: Size = {
  ...SMALL,
  id: "large",
  name: "Large",
  vcpu: 4,
  memory_gib: 16,
  price_usd_hour: "0.3168",
  extra_usd_hour: { free: null, researcher: "0.2376", lab: "0.1584" },
};

/** The sizes as somebody on the plan Researcher may have them. */
export const SIZES: SizeOffer[] = [
  { ...SMALL, extra_usd_hour: "0.0000" },
  { ...LARGE, extra_usd_hour: "0.2376" },
];

export const FREE: Plan = {
  id: "free",
  name: "Free",
  price_usd_month: "0.00",
  notebooks_at_once: 1,
  included_size: "small",
  storage_gib: 5,
  most_storage_gib: 5,
  has_usage: false,
  default_limit_usd: null,
  cluster_vcpus_at_once: 0,
  summary: "One notebook at a time, to see whether this is for you.",
};

export const RESEARCHER: Plan = {
  ...FREE,
  id: "researcher",
  name: "Researcher",
  price_usd_month: "29.00",
  notebooks_at_once: 3,
  storage_gib: 50,
  most_storage_gib: 1000,
  has_usage: true,
  default_limit_usd: "50.00",
  cluster_vcpus_at_once: 64,
  summary: "Three notebooks at a time, that run on overnight.",
};

export const LAB: Plan = {
  ...RESEARCHER,
  id: "lab",
  name: "Lab",
  price_usd_month: "99.00",
  notebooks_at_once: 10,
  included_size: "medium",
  storage_gib: 250,
  most_storage_gib: 5000,
  default_limit_usd: "200.00",
  cluster_vcpus_at_once: 256,
  summary: "Ten notebooks at a time, for simulations that run side by side.",
};

export const PLANS = [FREE, RESEARCHER, LAB];

/** What `GET /plans` says. */
export const CATALOGUE: Catalogue = {
  plans: PLANS,
  sizes: [SMALL, LARGE],
  meters: [
    {
      id: "vcpu_seconds",
      name: "Processor",
      unit: "vCPU-seconds",
      price_usd: "0.000014",
      example: "$0.0504 per vCPU and hour",
    },
    {
      id: "storage_mib_hours",
      name: "Storage",
      unit: "MiB-hours",
      price_usd: "0.00000015",
      example: "$0.1121 per GiB and month",
    },
  ],
};

/** One page, the last, of a list. */
export function page<T>(...items: T[]) {
  return { body: { items, next_cursor: null } };
}
