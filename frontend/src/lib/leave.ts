/**
 * Leave this page for `url` without keeping it in the history: going back from a notebook should
 * not land on the page that sends you there.
 */
export function leaveFor(url: string): void {
  window.location.replace(url);
}

/** Go to `url`, another site's page, from which one comes back here by going back. */
export function goTo(url: string): void {
  window.location.assign(url);
}
