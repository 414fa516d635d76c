// @vitest-environment jsdom
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { putFile } from "./put-file";

const FILE = new Blob(["{}"]);
let storage: Server;

/** A storage on a free port that answers as told, and lets pages of any origin send to it. */
function given(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  storage = createServer((request, response) => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Allow-Methods", "PUT");
    response.setHeader("Access-Control-Allow-Headers", "*");
    if (request.method === "OPTIONS") response.end();
    else answer(request, response);
  });
  return new Promise<string>((resolve) => {
    storage.listen(0, "127.0.0.1", () => {
      resolve(`http://127.0.0.1:${(storage.address() as AddressInfo).port}/up`);
    });
  });
}

afterEach(() => {
  storage.closeAllConnections();
  storage.close();
});

const to = (url: string) => ({ url, method: "PUT", headers: { "X-Amz-Meta-Test": "1" } });

describe("sending a file", () => {
  test("it arrives with the headers that were asked for", async () => {
    const seen: { body?: string; header?: unknown } = {};
    const url = await given(async (request, response) => {
      seen.header = request.headers["x-amz-meta-test"];
      seen.body = (await request.toArray()).join("");
      response.end();
    });
    const progress = vi.fn();
    await putFile(FILE, to(url), progress, new AbortController().signal);
    expect(seen).toEqual({ body: "{}", header: "1" });
    expect(progress).toHaveBeenLastCalledWith(1);
  });

  test("it has arrived where the address was used before and the answer was lost", async () => {
    const url = await given((_, response) => response.writeHead(412).end());
    await expect(
      putFile(FILE, to(url), vi.fn(), new AbortController().signal),
    ).resolves.toBeUndefined();
  });

  test("a refusal says what to do", async () => {
    const url = await given((_, response) => response.writeHead(403).end());
    await expect(
      putFile(FILE, to(url), vi.fn(), new AbortController().signal),
    ).rejects.toMatchObject({ status: 403, code: "upload_refused" });
  });

  test("it can be cancelled half-way", async () => {
    const cancel = new AbortController();
    const url = await given(() => cancel.abort());
    await expect(putFile(FILE, to(url), vi.fn(), cancel.signal)).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});
