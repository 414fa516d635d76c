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
    title: "This notebook is not running",
    message:
      "Something went wrong. Open it to see what, and to start it again. Its files are safe.",
    action: "Open it",
    retryAfter: 10,
  },
};

const STOPPED_FOR_A_REASON = {
  title: "This notebook was stopped",
  message: "Its files were saved. Open it to see why it was stopped, and what to do.",
};

/**
 * What happened, by the service's reason for the end of the last server. Whoever knows the address
 * may read this, so nothing is said of what the account pays: those reasons are on its own pages.
 *
 * @type {Record<string, { title: string, message: string }>}
 */
const ENDED = {
  idle: {
    title: "This notebook was stopped because it was idle",
    message: "Nothing ran in it for its idle time. Its files are safe: start it, and go on.",
  },
  maintenance: {
    title: "This notebook was stopped for maintenance",
    message: "Its computer was shut down. Its files were saved first: start it, and go on.",
  },
  limit: STOPPED_FOR_A_REASON,
  unpaid: STOPPED_FOR_A_REASON,
  plan: STOPPED_FOR_A_REASON,
  crashed: {
    title: "This notebook crashed",
    message:
      "JupyterLab ended while it was running. What was saved is safe, what was in memory is lost. Open it to start it again.",
  },
  out_of_memory: {
    title: "This notebook ran out of memory",
    message:
      "It needed more than its size has. What was saved is safe, what was in memory is lost. Open it to choose a larger size, or to start it again.",
  },
  lost: {
    title: "The computer of this notebook was lost",
    message:
      "It ended without a word. What was saved is safe, what was in memory is lost. Open it to start it again.",
  },
  lease_expired: {
    title: "This notebook stopped answering",
    message:
      "It was not heard for three minutes, so it was stopped. What was saved is safe, what was in memory is lost. Open it to start it again.",
  },
  failed_start: {
    title: "This notebook could not start",
    message: "Open it to see why, and to try again. Its files are safe.",
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
  const ended = route.state === "stopped" || route.state === "failed";
  const why = ended && route.reason ? ENDED[route.reason] : undefined;
  return { ...answer, ...why, notebookId: route.notebookId };
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
