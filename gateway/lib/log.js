/** One line of JSON for everything worth knowing. Never a cookie, never a query string. */

import { format } from "node:util";

/** @typedef {"debug" | "info" | "warn" | "error"} Level */

/**
 * Write one line.
 *
 * @param {Level} level
 * @param {string} event What happened, in a word or two: what one searches for.
 * @param {Record<string, unknown>} [facts]
 */
export function log(level, event, facts = {}) {
  const line = { time: new Date().toISOString(), level, event, ...facts };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The logger that configurable-http-proxy wants, which speaks in sentences. */
export const proxyLog = {
  debug() {},
  /** @param {unknown[]} message */
  info: (...message) => log("info", "proxy", { message: format(...message) }),
  /** @param {unknown[]} message */
  warn: (...message) => log("warn", "proxy", { message: format(...message) }),
  /** @param {unknown[]} message */
  error: (...message) => log("error", "proxy", { message: format(...message) }),
};

/**
 * A request's path without what may be secret in it.
 *
 * @param {string | undefined} url
 */
export function pathOf(url) {
  return (url ?? "").split("?", 1)[0];
}
