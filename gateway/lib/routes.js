/**
 * Where notebooks are, remembered for a moment.
 *
 * Looking a route up on every request would cost a round trip each; a push to all gateways would be
 * a second source of truth. So an answer is kept for as long as being wrong is cheap: a notebook
 * that stopped answers nothing anyway, and one that started is waited for.
 */

import { log } from "./log.js";

/**
 * @typedef {"stopped" | "starting" | "running" | "stopping" | "failed" | "deleted"} State
 *
 * @typedef {object} Route
 * @property {string} notebookId
 * @property {State} state
 * @property {string | undefined} [reason] Why its last server ended, in the service's words.
 * @property {string | undefined} target `http://<address>:<port>` of the server, while it runs.
 *
 * @typedef {(host: string) => Promise<Route | undefined>} Fetch Reads one route; undefined if
 *   there is none.
 *
 * @typedef {object} Entry
 * @property {Route | undefined} route
 * @property {number} learned When the table said so.
 * @property {number} until How long that is believed.
 */

/**
 * Milliseconds that a running notebook's route is believed. Less than the quickest stop and start
 * take together, so that nobody is led to where a notebook was before.
 */
export const RUNNING_MS = 1000;

/** Milliseconds that anything else is believed: somebody is waiting for it to change. */
export const WAITING_MS = 500;

/**
 * Milliseconds that an old answer still serves while the table cannot be read: a server's address
 * never becomes another notebook's within that time.
 */
export const STALE_MS = 60_000;

/** Routes remembered at most; the one not asked for longest goes first. About 3 MB. */
export const CAPACITY = 10_000;

/** A bounded, short-lived memory of routes that asks once for many who want to know. */
export class RouteTable {
  /** @type {Map<string, Entry>} in the order of being asked for */
  #entries = new Map();

  /** @type {Map<string, Promise<Route | undefined>>} */
  #pending = new Map();

  #fetch;
  #now;

  /**
   * @param {Fetch} fetch
   * @param {() => number} [now] Milliseconds of a clock that only goes forward.
   */
  constructor(fetch, now = () => performance.now()) {
    this.#fetch = fetch;
    this.#now = now;
  }

  /** How many routes are remembered. */
  get size() {
    return this.#entries.size;
  }

  /**
   * The route of a host label, such as `nb-01k…`; undefined if there is no such notebook.
   *
   * @param {string} host
   * @returns {Promise<Route | undefined>}
   * @throws {Error} if the table cannot be read and nothing recent is known.
   */
  async find(host) {
    const entry = this.#entries.get(host);
    if (entry && this.#now() < entry.until) {
      return this.#remember(host, entry);
    }
    return this.#pending.get(host) ?? this.#ask(host, entry);
  }

  /**
   * Forget a host, because what was known of it turned out wrong.
   *
   * @param {string} host
   */
  forget(host) {
    this.#entries.delete(host);
  }

  /**
   * @param {string} host
   * @param {Entry | undefined} known
   */
  #ask(host, known) {
    const answer = this.#fetch(host)
      .then(
        (route) => this.#learn(host, route),
        (error) => this.#makeDo(host, known, error),
      )
      .finally(() => this.#pending.delete(host));
    this.#pending.set(host, answer);
    return answer;
  }

  /**
   * @param {string} host
   * @param {Route | undefined} route
   */
  #learn(host, route) {
    const now = this.#now();
    const lifetime = route?.state === "running" ? RUNNING_MS : WAITING_MS;
    return this.#remember(host, { route, learned: now, until: now + lifetime });
  }

  /**
   * @param {string} host
   * @param {Entry | undefined} known
   * @param {unknown} error
   */
  #makeDo(host, known, error) {
    const now = this.#now();
    if (!known || now - known.learned > STALE_MS) {
      throw error;
    }
    log("warn", "routes unreadable", { host, error: String(error) });
    return this.#remember(host, { ...known, until: now + WAITING_MS });
  }

  /**
   * @param {string} host
   * @param {Entry} entry
   */
  #remember(host, entry) {
    this.#entries.delete(host);
    this.#entries.set(host, entry);
    if (this.#entries.size > CAPACITY) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) {
        this.#entries.delete(oldest.value);
      }
    }
    return entry.route;
  }
}
