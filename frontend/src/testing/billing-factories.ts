import type { Billing, Invoice, PlanChange, Running, Upcoming, Usage } from "@/lib/api-models";

/** The bill of somebody on the plan Researcher who has spent some of the limit, but for `changes`. */
export function aBill(changes: Partial<Billing> = {}): Billing {
  return {
    plan: "researcher",
    status: "active",
    renews_at: "2026-12-01T00:00:00Z",
    ends_at: null,
    month: "2026-11",
    spent_usd: "12.340000",
    limit_usd: "50.00",
    limit_percent: 24,
    rate_usd_hour: "0.0000",
    running: [],
    notices: [],
    version: 7,
    ...changes,
  };
}

/** The bill of somebody who does not pay anything. */
export function aFreeBill(changes: Partial<Billing> = {}): Billing {
  return aBill({
    plan: "free",
    status: "free",
    renews_at: null,
    spent_usd: "0.000000",
    limit_usd: null,
    limit_percent: 0,
    ...changes,
  });
}

/** A large notebook that runs, but for `changes`. */
export function aRun(changes: Partial<Running> = {}): Running {
  return {
    use_id: "srv_01",
    resource_id: "nb_01",
    kind: "notebook",
    name: "Ocean temperatures",
    size: "large",
    started_at: "2026-11-23T08:00:00Z",
    spent_usd: "0.312700",
    rate_usd_hour: "0.2376",
    included: false,
    workers: 0,
    ...changes,
  };
}

/** A month in which two notebooks cost $1.88 and $0.03, on two days. */
export function aMonth(changes: Partial<Usage> = {}): Usage {
  const vcpu = { meter: "vcpu_seconds", name: "Processor", unit: "vCPU-seconds" };
  const memory = { meter: "memory_gib_seconds", name: "Memory", unit: "GiB-seconds" };
  return {
    account_id: "acc_01",
    month: "2026-11",
    from: "2026-11-01T00:00:00Z",
    to: "2026-11-03T12:00:00Z",
    amount_usd: "1.911234",
    meters: [
      { ...vcpu, quantity: 200_000, included: 100_000, billable: 100_000, amount_usd: "1.400000" },
      {
        ...memory,
        quantity: 655_617,
        included: 400_000,
        billable: 255_617,
        amount_usd: "0.511234",
      },
    ],
    days: [
      {
        date: "2026-11-01",
        amount_usd: "1.500000",
        meters: { vcpu_seconds: "1.100000", memory_gib_seconds: "0.400000" },
      },
      { date: "2026-11-02", amount_usd: "0.000000", meters: {} },
      {
        date: "2026-11-03",
        amount_usd: "0.411234",
        meters: { vcpu_seconds: "0.300000", memory_gib_seconds: "0.111234" },
      },
    ],
    resources: [
      resource("nb_01", "Ocean temperatures", 90_000, "1.881234"),
      resource("nb_02", "Sea ice", 3_600, "0.030000"),
    ],
    cells: [
      cell("2026-11-01", "nb_01", "vcpu_seconds", "1.100000"),
      cell("2026-11-01", "nb_01", "memory_gib_seconds", "0.400000"),
      cell("2026-11-03", "nb_01", "vcpu_seconds", "0.280000"),
      cell("2026-11-03", "nb_01", "memory_gib_seconds", "0.101234"),
      cell("2026-11-03", "nb_02", "vcpu_seconds", "0.020000"),
      cell("2026-11-03", "nb_02", "memory_gib_seconds", "0.010000"),
    ],
    ...changes,
  };
}

/** The next invoice, with all of `aMonth` but for five cents, which are not at Stripe yet. */
export function anUpcoming(changes: Partial<Upcoming> = {}): Upcoming {
  return {
    lines: [
      {
        kind: "plan",
        meter: null,
        description: "Researcher, December",
        quantity: 1,
        amount_usd: "29.00",
      },
      {
        kind: "usage",
        meter: "vcpu_seconds",
        description: "97500 × Processor",
        quantity: 97_500,
        amount_usd: "1.37",
      },
      {
        kind: "usage",
        meter: "memory_gib_seconds",
        description: "Memory",
        quantity: 245_000,
        amount_usd: "0.49",
      },
      {
        kind: "usage",
        meter: "gpu_seconds",
        description: "0 × Graphics processor",
        quantity: 0,
        amount_usd: "0.00",
      },
    ],
    total_usd: "30.86",
    invoice_at: "2026-12-01T00:00:00Z",
    unsent_usd: "0.05",
    ...changes,
  };
}

/** What a change to the plan Lab would cost, but for `changes`. */
export function aPlanChange(changes: Partial<PlanChange> = {}): PlanChange {
  return {
    plan: "lab",
    effective: "now",
    effective_at: "2026-11-23T10:00:00Z",
    due_today_usd: "17.50",
    lines: [
      { description: "Unused time on Researcher", amount_usd: "-7.25" },
      { description: "Remaining time on Lab", amount_usd: "24.75" },
    ],
    next_total_usd: "99.00",
    next_at: "2026-12-01T00:00:00Z",
    proration_at: 1_795_428_000,
    ...changes,
  };
}

/** An invoice that is paid, but for `changes`. */
export function anInvoice(changes: Partial<Invoice> = {}): Invoice {
  return {
    id: "in_01",
    number: "RAMON-0001",
    status: "paid",
    total_usd: "31.88",
    created_at: "2026-11-01T00:00:00Z",
    period_start: "2026-10-01T00:00:00Z",
    period_end: "2026-11-01T00:00:00Z",
    hosted_url: "https://stripe.example/i/in_01",
    pdf_url: "https://stripe.example/i/in_01.pdf",
    ...changes,
  };
}

function resource(resource_id: string, name: string, seconds: number, amount_usd: string) {
  const own = { account_id: "acc_01", payer_id: "acc_01" };
  return { ...own, resource_id, kind: "notebook" as const, name, seconds, amount_usd };
}

function cell(date: string, resource_id: string, meter: string, amount_usd: string) {
  return { date, resource_id, payer_id: "acc_01", meter, quantity: 1, included: 0, amount_usd };
}
