/** What the gateway itself says, when there is no notebook to pass a request on to. */

/** @import { Route, State } from "./routes.js" */

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {string} code Code of the error, as in the API: lasting, for programs.
 * @property {string} title What is the matter, in a few words.
 * @property {string} message What that means and what to do.
 * @property {string} [action] Label of the link to where something can be done about it.
 * @property {number} [retryAfter] Seconds after which another try may go otherwise. The page looks
 *   again by itself then, and opens the notebook if it can.
 * @property {string} [notebookId]
 */

/** @type {Answer} */
const GONE = {
  status: 404,
  code: "not_found",
  title: "There is no notebook here",
  message:
    "It was deleted, or the address is wrong. Deleted notebooks can be restored for 30 days.",
  action: "See your notebooks",
};

/** The notebook should be running, but cannot be reached. @type {Answer} */
export const UNREACHABLE = {
  status: 503,
  code: "notebook_unreachable",
  title: "This notebook does not answer",
  message: "It may have just stopped, or be very busy. Its saved files are safe.",
  action: "Open it",
  retryAfter: 2,
};

/** @type {Record<Exclude<State, "deleted" | "running">, Answer>} */
const NOT_RUNNING = {
  stopped: {
    status: 503,
    code: "notebook_stopped",
    title: "This notebook is stopped",
    message: "Its files are safe. Start it, and they are all there again.",
    action: "Start it",
    retryAfter: 10,
  },
  starting: {
    status: 503,
    code: "notebook_starting",
    title: "This notebook is starting",
    message: "That usually takes less than a minute.",
    action: "Watch its progress",
    retryAfter: 2,
  },
  stopping: {
    status: 503,
    code: "notebook_stopping",
    title: "This notebook is stopping",
    message: "Its files are being saved. You can start it again in a moment.",
    action: "Open it",
    retryAfter: 2,
  },
  failed: {
    status: 503,
    code: "notebook_failed",
    title: "This notebook could not start",
    message: "Open it to see why, and to try again. Its files are safe.",
    action: "Open it",
    retryAfter: 10,
  },
};

/**
 * What to say about a notebook that a request cannot be passed on to.
 *
 * @param {Route | undefined} route
 * @returns {Answer}
 */
export function answerFor(route) {
  if (!route || route.state === "deleted") {
    return GONE;
  }
  const answer = route.state === "running" ? UNREACHABLE : (NOT_RUNNING[route.state] ?? GONE);
  return { ...answer, notebookId: route.notebookId };
}

/** The routes cannot be read, so nothing is known. @type {Answer} */
export const UNKNOWN = {
  status: 503,
  code: "routes_unavailable",
  title: "Notebooks cannot be found right now",
  message: "The trouble is on our side, and running notebooks go on running.",
  retryAfter: 5,
};

/** The request makes no sense. @type {Answer} */
export const MALFORMED = {
  status: 400,
  code: "bad_request",
  title: "That address cannot be read",
  message: "Check the address, or go back to your notebooks.",
  action: "See your notebooks",
};
