/** Starts the gateway, tells of every request, and lets it end in good order. */

import { routesIn } from "./dynamodb.js";
import { Gateway } from "./gateway.js";
import { log, pathOf } from "./log.js";
import { RouteTable } from "./routes.js";
import { DRAIN_SECONDS, HEALTH_PATH, PORT } from "./settings.js";

/**
 * @import { IncomingMessage, Server, ServerResponse } from "node:http"
 * @import { Duplex } from "node:stream"
 * @import { Settings } from "./settings.js"
 */

/**
 * Serve until told to stop.
 *
 * @param {Settings} settings
 */
export function serve({ table, appOrigin, address }) {
  const server = new Gateway(new RouteTable(routesIn(table)), appOrigin).proxyServer;
  const webSockets = tracked(server);
  server.prependListener("request", logWhenDone);
  server.on("error", (error) => {
    log("error", "cannot listen", { address, port: PORT, error: String(error) });
    process.exitCode = 1;
  });
  server.listen(PORT, address, () => log("info", "listening", { address, port: PORT }));
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.once(signal, () => drain(server, webSockets, signal));
  }
}

/**
 * The WebSockets that are open, at any time.
 *
 * @param {Server} server
 */
function tracked(server) {
  /** @type {Set<Duplex>} */
  const sockets = new Set();
  server.prependListener("upgrade", (request, socket) => {
    log("info", "websocket", about(request));
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

/**
 * Take no more connections, let the requests under way finish, and end. A WebSocket has no end to
 * wait for: its browser connects anew, to another gateway.
 *
 * @param {Server} server
 * @param {Set<Duplex>} webSockets
 * @param {string} signal
 */
function drain(server, webSockets, signal) {
  log("info", "stopping", { signal, websockets: webSockets.size });
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  for (const socket of webSockets) {
    socket.destroy();
  }
  setTimeout(() => process.exit(0), DRAIN_SECONDS * 1000).unref();
}

/**
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 */
function logWhenDone(request, response) {
  const path = pathOf(request.url);
  if (path === HEALTH_PATH) {
    return;
  }
  const started = performance.now();
  const facts = about(request);
  response.once("close", () => {
    log("info", "request", {
      ...facts,
      status: response.statusCode,
      ms: Math.round(performance.now() - started),
      ...(response.writableFinished ? {} : { aborted: true }),
    });
  });
}

/** @param {IncomingMessage} request */
function about(request) {
  return { method: request.method, host: request.headers.host, path: pathOf(request.url) };
}
