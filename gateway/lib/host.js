/** Which notebook a request is for. */

const NOTEBOOK = /^nb-[0-9a-hjkmnp-tv-z]{26}$/;

/**
 * The notebook's label in a Host header (`nb-01k….notebooks.example.org:443` → `nb-01k…`), or
 * undefined if the host is not a notebook's.
 *
 * @param {string | undefined} host
 */
export function labelOf(host) {
  const label = host?.toLowerCase().split(".", 1)[0] ?? "";
  return NOTEBOOK.test(label) ? label : undefined;
}
