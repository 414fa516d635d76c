/** The table of routes. The service writes it; the gateway only ever reads single items. */

import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";

/** @import { Fetch, State } from "./routes.js" */

/** Milliseconds to connect to DynamoDB, and for one answer: a person is waiting. */
const TIMEOUTS = { connectionTimeout: 1000, requestTimeout: 1500, throwOnRequestTimeout: true };

/**
 * A function that reads one route from the table. Reads are consistent, so that a notebook which
 * has just become ready is not told to be starting.
 *
 * @param {string} table
 * @returns {Fetch}
 */
export function routesIn(table) {
  const client = new DynamoDBClient({ requestHandler: TIMEOUTS, maxAttempts: 2 });
  return async (host) => {
    const { Item: item } = await client.send(
      new GetItemCommand({ TableName: table, Key: { host: { S: host } }, ConsistentRead: true }),
    );
    return (
      item && {
        notebookId: item.notebook_id?.S ?? "",
        state: /** @type {State} */ (item.state?.S),
        reason: item.reason?.S,
        target: item.target?.S,
      }
    );
  };
}
