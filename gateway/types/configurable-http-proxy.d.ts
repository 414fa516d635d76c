/** The part of configurable-http-proxy that the gateway builds on; it ships no types itself. */
declare module "configurable-http-proxy" {
  import type { EventEmitter } from "node:events";
  import type { ClientRequest, IncomingMessage, Server, ServerResponse } from "node:http";
  import type { Duplex } from "node:stream";

  interface Logger {
    debug(...message: unknown[]): void;
    info(...message: unknown[]): void;
    warn(...message: unknown[]): void;
    error(...message: unknown[]): void;
  }

  interface Options {
    log?: Logger;
    hostRouting?: boolean;
    /** Path of a CommonJS module whose export is called with `new` and these options. */
    storageBackend?: string;
    /** Milliseconds. */
    keepAliveTimeout?: number;
    [ours: string]: unknown;
  }

  interface ProxyEvents {
    error: [error: Error];
    proxyReq: [upstream: ClientRequest];
    proxyReqWs: [upstream: ClientRequest, request: IncomingMessage, socket: Duplex];
    proxyRes: [upstream: IncomingMessage, request: IncomingMessage, response: ServerResponse];
  }

  export class ConfigurableProxy {
    constructor(options: Options);
    readonly proxyServer: Server;
    readonly proxy: EventEmitter<ProxyEvents>;
    handleProxyWeb(request: IncomingMessage, response: ServerResponse): Promise<void> | undefined;
    handleProxyWs(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
    ): Promise<void> | undefined;
    handleProxyError(
      code: number,
      kind: "web" | "ws",
      request: IncomingMessage,
      response: ServerResponse | Duplex,
      error?: Error,
    ): void | Promise<void>;
    updateLastActivity(prefix: string): Promise<void>;
  }
}
