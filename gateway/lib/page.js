/** The gateway's pages: one file each way, nothing loaded from anywhere, light and dark. */

import { createHash } from "node:crypto";

/** @import { Answer } from "./answers.js" */

const STYLE = `
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #1f2328; --soft: #57606a; --accent: #0b5c56; --on: #fff }
@media (prefers-color-scheme: dark) {
  :root { --paper: #15181c; --ink: #e8e6e1; --soft: #a3abb5; --accent: #6fd3c7; --on: #0d1512 }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 system-ui, sans-serif }
main { max-width: 32rem }
h1 { margin: 0 0 .5rem; font-size: 1.75rem; line-height: 1.25 }
p { margin: 0 0 1.5rem; color: var(--soft) }
a { display: inline-block; padding: .625rem 1.25rem; border-radius: .5rem; background: var(--accent);
  color: var(--on); font-weight: 600; text-decoration: none }
a:hover { text-decoration: underline }
a:focus-visible { outline: 3px solid var(--ink); outline-offset: 3px }
.busy { height: .25rem; margin: 0 0 1.5rem; border-radius: .25rem; overflow: hidden;
  background: color-mix(in srgb, var(--accent) 25%, transparent) }
.busy::before { content: ""; display: block; height: 100%; width: 40%; border-radius: inherit;
  background: var(--accent); animation: pass 1.6s ease-in-out infinite }
@keyframes pass { from { transform: translateX(-100%) } to { transform: translateX(250%) } }
@media (prefers-reduced-motion: reduce) { .busy::before { animation: none; width: 100% } }
`;

/**
 * Asks again every few seconds, and reloads when the answer is another one. The page itself stays
 * as it is until then, so that nobody's reading is interrupted.
 */
const SCRIPT = `
const { code, wait } = document.body.dataset;
const look = async () => {
  try {
    const answer = await fetch(location.href, { method: "HEAD", cache: "no-store", redirect: "manual" });
    if (answer.headers.get("x-ramon-gateway") !== code) return location.reload();
  } catch { }
  setTimeout(look, wait * 1000);
};
setTimeout(look, wait * 1000);
`;

/** What a browser may do with our pages: run what is in them, ask their own origin, no more. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(SCRIPT)}'`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * The page of an answer.
 *
 * @param {Answer} answer
 * @param {string} link Where its action leads.
 */
export function pageOf(answer, link) {
  const busy = ["notebook_starting", "notebook_stopping"].includes(answer.code);
  const waits = answer.retryAfter !== undefined;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${answer.title} · Ramon's Notebooks</title>
<style>${STYLE}</style>
</head>
<body${waits ? ` data-code="${answer.code}" data-wait="${answer.retryAfter}"` : ""}>
<main>
<h1>${answer.title}</h1>
<p>${answer.message}${waits ? " This page opens it by itself once that is possible." : ""}</p>
${busy ? '<div class="busy" aria-hidden="true"></div>' : ""}
${answer.action ? `<a href="${escaped(link)}">${answer.action}</a>` : ""}
</main>
${waits ? `<script>${SCRIPT}</script>` : ""}
</body>
</html>
`;
}

/** @param {string} text */
function hashOf(text) {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
