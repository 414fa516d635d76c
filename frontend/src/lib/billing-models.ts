/** The API's types for plans, usage and the bill. Money is a decimal string of dollars. */

/** A flat monthly price, and what it includes. */
export type Plan = {
  id: string;
  name: string;
  price_usd_month: string;
  notebooks_at_once: number;
  included_size: string;
  storage_gib: number;
  most_storage_gib: number;
  /** Whether more can be had than is included, for a price. */
  has_usage: boolean;
  default_limit_usd: string | null;
  summary: string;
};

/** Computing power of a notebook, its price an hour, and what of that is beyond each plan. */
export type Size = {
  id: string;
  name: string;
  vcpu: number;
  memory_gib: number;
  gpu: number;
  price_usd_hour: string;
  /** By the plan's id; null where the plan can't have this size. */
  extra_usd_hour: Record<string, string | null>;
};

/** Something that is counted, and what one of it costs. */
export type Meter = { id: string; name: string; unit: string; price_usd: string; example: string };

/** Everything that has a price. */
export type Catalogue = { plans: Plan[]; sizes: Size[]; meters: Meter[] };

/** A size as one account may have it: `extra_usd_hour` is beyond its plan, null if it can't. */
export type SizeOffer = Omit<Size, "extra_usd_hour"> & { extra_usd_hour: string | null };

export type BillingStatus = "free" | "active" | "canceling" | "past_due" | "unpaid";

export type BillingNotice = {
  kind:
    | "limit_50"
    | "limit_80"
    | "limit_reached"
    | "payment_failed"
    | "starts_blocked"
    | "stopping"
    | "canceling";
  level: "info" | "warning" | "error";
  message: string;
  until: string | null;
};

/** Something that runs now. */
export type Running = {
  run_id: string;
  resource_id: string;
  kind: "notebook" | "cluster";
  name: string;
  size: string | null;
  started_at: string;
  spent_usd: string;
  rate_usd_hour: string;
  included: boolean;
};

/** An account's plan, and what it has spent this month beyond it. */
export type Billing = {
  plan: string;
  status: BillingStatus;
  renews_at: string | null;
  ends_at: string | null;
  month: string;
  spent_usd: string;
  limit_usd: string | null;
  limit_percent: number;
  rate_usd_hour: string;
  running: Running[];
  notices: BillingNotice[];
  version: number;
};

/** What another plan would cost, to be confirmed with the same `proration_at`. */
export type PlanChange = {
  plan: string;
  effective: "now" | "period_end";
  effective_at: string;
  /** Negative is a credit. */
  due_today_usd: string;
  lines: Array<{ description: string; amount_usd: string }>;
  next_total_usd: string;
  next_at: string;
  proration_at: number;
};

export type ResourceKind = "notebook" | "cluster" | "storage";

export type UsageMeter = {
  meter: string;
  name: string;
  unit: string;
  quantity: number;
  included: number;
  billable: number;
  amount_usd: string;
};

export type UsageDay = { date: string; amount_usd: string; meters: Record<string, string> };

export type UsageResource = {
  resource_id: string;
  kind: ResourceKind;
  name: string;
  seconds: number;
  amount_usd: string;
};

export type UsageCell = {
  date: string;
  resource_id: string;
  meter: string;
  quantity: number;
  included: number;
  amount_usd: string;
};

/** What was used in one month, each way that one may want to see it. */
export type Usage = {
  month: string;
  from: string;
  to: string;
  amount_usd: string;
  meters: UsageMeter[];
  days: UsageDay[];
  resources: UsageResource[];
  cells: UsageCell[];
};

export type UpcomingLine = {
  kind: "plan" | "usage" | "credit" | "other";
  meter: string | null;
  description: string;
  quantity: number | null;
  amount_usd: string;
};

/** The next invoice as it stands. `unsent_usd` is used, but not at Stripe yet, nor in the total. */
export type Upcoming = {
  lines: UpcomingLine[];
  total_usd: string;
  invoice_at: string;
  unsent_usd: string;
};

export type Invoice = {
  id: string;
  number: string | null;
  status: "draft" | "open" | "paid" | "uncollectible" | "void";
  total_usd: string;
  created_at: string;
  period_start: string;
  period_end: string;
  hosted_url: string | null;
  pdf_url: string | null;
};

/** What a running notebook has cost so far. */
export type NotebookCost = {
  included: boolean;
  rate_usd_hour: string;
  spent_usd: string;
  as_of: string;
};
