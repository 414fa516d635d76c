/** Every address of the application, in one place. */
export const paths = {
  landing: "/",
  notebooks: "/notebooks",
  deletedNotebooks: "/notebooks/deleted",
  notebook: (id: string) => `/notebooks/${encodeURIComponent(id)}`,
  notebookHistory: (id: string) => `/notebooks/${encodeURIComponent(id)}/history`,
  openNotebook: (id: string) => `/notebooks/${encodeURIComponent(id)}/open`,
  clusters: "/clusters",
  clusterGuide: "/clusters/guide",
  cluster: (id: string) => `/clusters/${encodeURIComponent(id)}`,
  account: "/account",
  plans: "/plans",
  /** Back on the plans, after signing in, with one chosen. */
  choosePlan: (plan: string) => `/plans?choose=${encodeURIComponent(plan)}`,
  storage: "/storage",
  billing: "/billing",
  /** The bill with the dialog open that changes the monthly limit. */
  changeLimit: "/billing?edit=limit",
  /** The bill with the dialog open that changes the plan, to this one. */
  changePlan: (plan: string) => `/billing?change=${encodeURIComponent(plan)}`,
  apiDocs: "/api/docs",
} as const;

/** The landing page for somebody who must sign in first, and comes back to `returnTo` after. */
export function signInPath(returnTo: string): string {
  return `${paths.landing}?return_to=${encodeURIComponent(returnTo)}`;
}

/** Where the browser goes to sign in with GitHub. Not a page of ours: a redirect by the API. */
export function githubStartUrl(returnTo: string): string {
  return `/api/auth/github/start?return_to=${encodeURIComponent(returnTo)}`;
}

/** `returnTo` if it is a path of this application, else the list: never another site. */
export function safeReturnTo(returnTo: string | null): string {
  const ours = returnTo !== null && /^\/(?![/\\])/.test(returnTo);
  return ours ? returnTo : paths.notebooks;
}

/** A month's usage as a file. Not a page of ours: an answer of the API. */
export function usageCsvUrl(month: string): string {
  return `/api/billing/usage.csv?month=${encodeURIComponent(month)}`;
}
