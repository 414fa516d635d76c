import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { CAPACITY, RouteTable, RUNNING_MS, STALE_MS, WAITING_MS } from "../lib/routes.js";

/** @import { Route } from "../lib/routes.js" */

/** @type {Route} */
const RUNNING = { notebookId: "nb_1", state: "running", target: "http://127.0.0.1:1" };

/** @type {Route} */
const STARTING = { notebookId: "nb_1", state: "starting", target: undefined };

/** A table whose answers, failures and speed the test decides, and which counts its readers. */
class Table {
  /** @type {Route | undefined} */
  route = RUNNING;
  failing = false;
  reads = 0;

  /** @returns {Promise<Route | undefined>} */
  fetch = async () => {
    this.reads += 1;
    if (this.failing) {
      throw new Error("the table cannot be read");
    }
    return this.route;
  };
}

describe("a table of routes", () => {
  /** @type {Table} */
  let table;
  /** @type {RouteTable} */
  let routes;
  let now = 0;

  beforeEach(() => {
    now = 0;
    table = new Table();
    routes = new RouteTable(table.fetch, () => now);
  });

  test("believes a running notebook's route for two seconds", async () => {
    await routes.find("a");
    now = RUNNING_MS - 1;
    await routes.find("a");
    assert.equal(table.reads, 1);
    now = RUNNING_MS;
    await routes.find("a");
    assert.equal(table.reads, 2);
  });

  test("believes that a notebook is not running for half a second only", async () => {
    table.route = STARTING;
    assert.deepEqual(await routes.find("a"), STARTING);
    table.route = RUNNING;
    now = WAITING_MS - 1;
    assert.deepEqual(await routes.find("a"), STARTING);
    now = WAITING_MS;
    assert.deepEqual(await routes.find("a"), RUNNING);
  });

  test("remembers that there is no such notebook, as briefly", async () => {
    table.route = undefined;
    assert.equal(await routes.find("a"), undefined);
    assert.equal(await routes.find("a"), undefined);
    assert.equal(table.reads, 1);
    now = WAITING_MS;
    await routes.find("a");
    assert.equal(table.reads, 2);
  });

  test("asks once for a hundred who want to know at the same time", async () => {
    const found = await Promise.all(Array.from({ length: 100 }, () => routes.find("a")));
    assert.equal(table.reads, 1);
    assert.ok(found.every((route) => route === RUNNING));
  });

  test("asks again after a failure, for everyone who waited has failed", async () => {
    table.failing = true;
    const both = await Promise.allSettled([routes.find("a"), routes.find("a")]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ["rejected", "rejected"],
    );
    assert.equal(table.reads, 1);
    table.failing = false;
    assert.deepEqual(await routes.find("a"), RUNNING);
  });

  test("goes on with what it knew for a minute while the table cannot be read", async () => {
    await routes.find("a");
    table.failing = true;
    now = RUNNING_MS;
    assert.deepEqual(await routes.find("a"), RUNNING);
    now = STALE_MS;
    assert.deepEqual(await routes.find("a"), RUNNING);
    now = STALE_MS + WAITING_MS + 1;
    await assert.rejects(routes.find("a"), /cannot be read/);
  });

  test("does not ask an unreadable table on every request", async () => {
    await routes.find("a");
    table.failing = true;
    now = RUNNING_MS;
    await routes.find("a");
    await routes.find("a");
    assert.equal(table.reads, 2);
  });

  test("asks anew for a host that it was told to forget", async () => {
    await routes.find("a");
    routes.forget("a");
    await routes.find("a");
    assert.equal(table.reads, 2);
  });

  test("never remembers more than its capacity, and forgets the least used first", async () => {
    for (let host = 0; host < CAPACITY; host += 1) {
      await routes.find(String(host));
    }
    await routes.find("0");
    await routes.find("one more");
    assert.equal(routes.size, CAPACITY);
    await routes.find("0");
    assert.equal(table.reads, CAPACITY + 1);
    await routes.find("1");
    assert.equal(table.reads, CAPACITY + 2);
  });
});
