/** The storage of configurable-http-proxy, on top of our table of routes. */

import { labelOf } from "./host.js";

/** @import { RouteTable } from "./routes.js" */

/**
 * Routes are looked up when they are asked for. Adding and removing them is the service's business,
 * by way of DynamoDB, and activity is what the notebook's agent tells the service: the rest of the
 * proxy's storage interface has no caller, since its REST API is never started.
 */
export class Storage {
  #routes;

  /** @param {RouteTable} routes */
  constructor(routes) {
    this.#routes = routes;
  }

  /**
   * Where a request goes, if its notebook runs.
   *
   * @param {string} path `/<host>/<path>`, which is what host routing asks for.
   * @returns {Promise<{ prefix: string, data: { target: string } } | undefined>}
   */
  async getTarget(path) {
    const label = labelOf(path.split("/", 2)[1]);
    const route = label ? await this.#routes.find(label) : undefined;
    if (route?.state !== "running" || !route.target) {
      return undefined;
    }
    return { prefix: `/${label}`, data: { target: route.target } };
  }
}
