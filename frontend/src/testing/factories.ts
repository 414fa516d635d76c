import type { Account, Notebook, Plan, Server, Size } from "@/lib/api-models";

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
    keep_until: null,
    last_activity_at: null,
    memory_bytes: null,
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

/** One run of it, over, but for `changes`. */
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
  price_usd_hour: "0.0987",
};

export const LARGE: Size = { ...SMALL, id: "large", name: "Large", price_usd_hour: "0.32" };

export const SIZES = [SMALL, LARGE];

export const RESEARCHER: Plan = {
  id: "researcher",
  name: "Researcher",
  price_usd_month: "29",
  notebooks_at_once: 3,
  included_size: "small",
  storage_gib: 50,
  summary: "Three notebooks at a time, that run on overnight.",
};

/** One page, the last, of a list. */
export function page<T>(...items: T[]) {
  return { body: { items, next_cursor: null } };
}
