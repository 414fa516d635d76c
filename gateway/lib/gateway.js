/** configurable-http-proxy, with routes from DynamoDB and answers of our own. */

import { fileURLToPath } from "node:url";
import { ConfigurableProxy } from "configurable-http-proxy";
import { answerFor, MALFORMED, UNKNOWN, UNREACHABLE } from "./answers.js";
import { canBePassedOn, isWebSocket, prepareRequest, prepareResponse } from "./headers.js";
import { labelOf } from "./host.js";
import { log, pathOf, proxyLog } from "./log.js";
import { refuse, reply } from "./reply.js";
import { CONNECT_SECONDS, HEALTH_PATH, KEEP_ALIVE_SECONDS } from "./settings.js";
import { Storage } from "./storage.js";

/**
 * @import { ClientRequest, IncomingMessage, ServerResponse } from "node:http"
 * @import { Duplex } from "node:stream"
 * @import { Answer } from "./answers.js"
 * @import { RouteTable } from "./routes.js"
 */

const BACKEND = fileURLToPath(new URL("storage-backend.cjs", import.meta.url));

/** The proxy. `proxyServer` is to be listened on; the REST API is made but never started. */
export class Gateway extends ConfigurableProxy {
  #routes;
  #appOrigin;
  #scheme;

  /** Sockets that speak WebSocket by now: nothing of ours may be written into them. */
  #upgraded = new WeakSet();

  /**
   * @param {RouteTable} routes
   * @param {string} appOrigin
   */
  constructor(routes, appOrigin) {
    super({
      log: proxyLog,
      hostRouting: true,
      storageBackend: BACKEND,
      storage: new Storage(routes),
      keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
    });
    this.#routes = routes;
    this.#appOrigin = appOrigin;
    this.#scheme = new URL(appOrigin).protocol.replace(":", "");
    // An upload may take hours; Node's limit for a whole request is five minutes.
    this.proxyServer.requestTimeout = 0;
    // A client that left; without a listener the proxy would throw it at the whole process.
    this.proxy.on("error", (error) => log("info", "client left", { error: String(error) }));
    this.proxy.on("proxyReq", giveUpConnecting);
    this.proxy.on("proxyReqWs", giveUpConnecting);
    this.proxy.on("proxyReqWs", (upstream, _request, socket) => {
      upstream.once("upgrade", () => this.#upgraded.add(socket));
    });
    this.proxy.on("proxyRes", (upstream, _request, response) => {
      prepareResponse(upstream);
      upstream.once("close", () => upstream.complete || response.destroy());
    });
  }

  /**
   * @override
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @returns {Promise<void> | undefined}
   */
  handleProxyWeb(request, response) {
    if (pathOf(request.url) === HEALTH_PATH) {
      response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store" });
      response.end('{"status":"ok"}');
      return undefined;
    }
    if (!canBePassedOn(request)) {
      this.#answer(request, response, MALFORMED);
      return undefined;
    }
    prepareRequest(request, this.#scheme);
    return super.handleProxyWeb(request, response);
  }

  /**
   * @override
   * @param {IncomingMessage} request
   * @param {Duplex} socket
   * @param {Buffer} head
   * @returns {Promise<void> | undefined}
   */
  handleProxyWs(request, socket, head) {
    // The proxy listens for errors only once it knows the route, and people leave before that.
    socket.on("error", () => socket.destroy());
    if (!isWebSocket(request) || !canBePassedOn(request)) {
      this.#answer(request, socket, MALFORMED);
      return undefined;
    }
    prepareRequest(request, this.#scheme);
    return super.handleProxyWs(request, socket, head);
  }

  /**
   * Called when a request has no target (404), the target does not answer (503), or looking it up
   * has failed (500).
   *
   * @override
   * @param {number} code
   * @param {"web" | "ws"} kind
   * @param {IncomingMessage} request
   * @param {ServerResponse | Duplex} response
   * @param {Error} [error]
   */
  async handleProxyError(code, kind, request, response, error) {
    const host = labelOf(request.headers.host);
    if (error) {
      log("warn", "not passed on", { host, path: pathOf(request.url), error: String(error) });
    }
    if (code === 503 && host) {
      this.#routes.forget(host);
    }
    if (code === 503 && kind === "ws") {
      this.#answer(request, response, UNREACHABLE); // now: the proxy ends the socket after this
    } else {
      this.#answer(request, response, code === 500 ? UNKNOWN : await this.#explain(host));
    }
  }

  /**
   * Activity is what the notebook's agent tells the service; here nothing is kept of it.
   *
   * @override
   */
  async updateLastActivity() {}

  /** @param {string | undefined} host */
  async #explain(host) {
    try {
      return answerFor(host ? await this.#routes.find(host) : undefined);
    } catch {
      return UNKNOWN;
    }
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse | Duplex} response
   * @param {Answer} answer
   */
  #answer(request, response, answer) {
    if (!("writeHead" in response)) {
      if (!this.#upgraded.has(response)) {
        refuse(response, answer);
      }
    } else if (response.headersSent) {
      response.destroy(); // cut off, which a browser reports; an end would look like all of it
    } else {
      reply(request, response, answer, this.#appOrigin);
    }
  }
}

/**
 * Fail a request whose target cannot be reached in time, instead of waiting as long as TCP does.
 *
 * @param {ClientRequest} request
 */
function giveUpConnecting(request) {
  const socket = request.socket;
  if (!socket) {
    request.once("socket", () => giveUpConnecting(request));
    return;
  }
  if (!socket.connecting) {
    return;
  }
  const timer = setTimeout(() => {
    request.destroy(new Error(`no connection within ${CONNECT_SECONDS} s`));
  }, CONNECT_SECONDS * 1000);
  socket.once("close", () => clearTimeout(timer)).once("connect", () => clearTimeout(timer));
}
