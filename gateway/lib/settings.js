/** Every setting of the gateway, and the only place that reads the environment. */

/**
 * @typedef {object} Settings
 * @property {string} table DynamoDB table of routes (`RAMON_ROUTES_TABLE`). It is only read.
 * @property {string} appOrigin Origin of the web application, where people start notebooks
 *   (`RAMON_APP_ORIGIN`), without a trailing slash.
 * @property {string} address Address to listen on (`BIND_ADDRESS`), loopback unless told otherwise.
 */

/** Port that the gateway listens on, everywhere: the address is what differs. */
export const PORT = 8000;

/** Where the load balancer asks whether the gateway is well, on any host. */
export const HEALTH_PATH = "/ramon-gateway/health";

/**
 * Idle time after which a connection of a client is closed, in seconds. It must be longer than
 * the load balancer's own (3600 s, `.chalice/resources.json`), or that one now and then sends a
 * request down a connection that was just closed.
 */
export const KEEP_ALIVE_SECONDS = 3660;

/**
 * Time to reach a notebook's machine, in seconds. It is near and up, so whoever takes longer is
 * gone; without a limit of ours, TCP would try for two minutes.
 */
export const CONNECT_SECONDS = 5;

/**
 * Time that requests under way get to finish when the gateway is told to stop, in seconds; below
 * the 30 s that ECS allows.
 */
export const DRAIN_SECONDS = 20;

/**
 * Read the settings. AWS's own (`AWS_REGION`, `AWS_ENDPOINT_URL`, credentials) are read by its SDK.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Settings}
 * @throws {Error} naming every variable that is missing.
 */
export function readSettings(env) {
  const missing = ["RAMON_ROUTES_TABLE", "RAMON_APP_ORIGIN"].filter((name) => !env[name]);
  if (missing.length > 0) {
    throw new Error(`Set these environment variables: ${missing.join(", ")}`);
  }
  return {
    table: env.RAMON_ROUTES_TABLE ?? "",
    appOrigin: new URL(env.RAMON_APP_ORIGIN ?? "").origin,
    address: env.BIND_ADDRESS ?? "127.0.0.1",
  };
}
