/** Headers that concern one connection, or that only the gateway may say. */

/** @import { IncomingMessage } from "node:http" */

/**
 * Of one connection only (RFC 9110 §7.6.1), or a stranger's word about where he comes from. What a
 * client names in `Connection` beyond these stays: dropping a `Content-Length` by his order would
 * leave the notebook to guess where his request ends.
 */
const NOT_PASSED_ON = [
  "forwarded",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-forwarded-server",
  "x-real-ip",
];

/**
 * Make a request's headers fit to be passed on. The Host stays what the browser said.
 *
 * @param {IncomingMessage} request
 * @param {string} scheme What the browser spoke: "https" behind the load balancer.
 */
export function prepareRequest({ headers, socket }, scheme) {
  for (const name of NOT_PASSED_ON) {
    delete headers[name];
  }
  headers["x-forwarded-for"] = socket.remoteAddress ?? "";
  headers["x-forwarded-host"] = headers.host ?? "";
  headers["x-forwarded-proto"] = scheme;
}

/**
 * Drop from an upstream's response what concerns its connection to us.
 *
 * @param {IncomingMessage} response
 */
export function prepareResponse({ headers }) {
  delete headers.connection;
  delete headers["keep-alive"];
}

const HOST = /^[a-z0-9.-]+(:\d+)?$|^\[[0-9a-f:.]+\](:\d+)?$/i;

/**
 * Whether a request can be passed on as it is: it names a host and a path, and says how long it is
 * in a way that survives. (The proxy sends DELETE and OPTIONS as if they had no body, so a chunked
 * one would be taken for the next request.)
 *
 * @param {IncomingMessage} request
 */
export function canBePassedOn({ headers, method, url }) {
  const bodiless = method === "DELETE" || method === "OPTIONS";
  const chunked = headers["transfer-encoding"] !== undefined;
  return HOST.test(headers.host ?? "") && isPath(url) && !(bodiless && chunked);
}

/**
 * Whether an upgrade is one to WebSocket, which is the only protocol notebooks speak beside HTTP.
 *
 * @param {IncomingMessage} request
 */
export function isWebSocket({ headers, method }) {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

/** @param {string | undefined} url */
function isPath(url) {
  if (!url?.startsWith("/")) {
    return false;
  }
  try {
    return Boolean(decodeURIComponent(new URL(url, "http://host").pathname));
  } catch {
    return false;
  }
}
