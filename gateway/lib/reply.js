/** Sends the gateway's own answers, each in the form that the asker understands. */

import { STATUS_CODES } from "node:http";
import { CONTENT_SECURITY_POLICY, pageOf } from "./page.js";

/**
 * @import { IncomingMessage, ServerResponse } from "node:http"
 * @import { Duplex } from "node:stream"
 * @import { Answer } from "./answers.js"
 */

/** @typedef {{ headers: Record<string, string | number>, body: string }} Reply */

/**
 * Answer a request: a page for people, the API's error shape for programs.
 *
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 * @param {Answer} answer
 * @param {string} appOrigin
 */
export function reply(request, response, answer, appOrigin) {
  const { headers, body } = acceptsPages(request) ? page(answer, appOrigin) : json(answer);
  response.writeHead(answer.status, headers);
  response.end(request.method === "HEAD" ? undefined : body);
}

/**
 * Refuse a WebSocket, which is still a socket that expects HTTP.
 *
 * @param {Duplex} socket
 * @param {Answer} answer
 */
export function refuse(socket, answer) {
  const { headers, body } = json(answer);
  const lines = Object.entries({ ...headers, Connection: "close" }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const status = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n`;
  socket.end(`${status}${lines.join("")}\r\n${body}`);
}

/** @param {IncomingMessage} request */
function acceptsPages(request) {
  const reads = request.method === "GET" || request.method === "HEAD";
  return reads && /\btext\/html\b/i.test(request.headers.accept ?? "");
}

/**
 * @param {Answer} answer
 * @param {string} appOrigin
 * @returns {Reply}
 */
function page(answer, appOrigin) {
  const { notebookId } = answer;
  const place = notebookId ? `notebooks/${encodeURIComponent(notebookId)}/open` : "";
  const body = pageOf(answer, `${appOrigin}/${place}`);
  return withHeaders(answer, body, {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
  });
}

/**
 * @param {Answer} answer
 * @returns {Reply}
 */
function json(answer) {
  const details = answer.notebookId ? { notebook_id: answer.notebookId } : {};
  const body = JSON.stringify({
    error: { code: answer.code, message: `${answer.title}. ${answer.message}`, details },
  });
  return withHeaders(answer, body, { "Content-Type": "application/json" });
}

/**
 * @param {Answer} answer
 * @param {string} body
 * @param {Record<string, string>} more
 * @returns {Reply}
 */
function withHeaders(answer, body, more) {
  const retry = answer.retryAfter === undefined ? {} : { "Retry-After": answer.retryAfter };
  const headers = {
    ...more,
    ...retry,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Ramon-Gateway": answer.code,
    Vary: "Accept",
  };
  return { headers, body };
}
