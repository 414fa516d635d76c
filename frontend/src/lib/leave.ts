/**
 * Leave this page for `url` without keeping it in the history: going back from a notebook should
 * not land on the page that sends you there.
 */
export function leaveFor(url: string): void {
  window.location.replace(url);
}
