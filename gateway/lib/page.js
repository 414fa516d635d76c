/** The gateway's pages: one file each way, nothing loaded from anywhere, light and dark. */

import { createHash } from "node:crypto";

/** @import { Answer } from "./answers.js" */

/** The colours are the web application's (`frontend/src/app/theme.ts`). */
const STYLE = `
:root { color-scheme: light dark;
  --paper: #faf8f4; --ink: #201e1a; --soft: #66615a; --accent: #334ca8; --on: #fff }
@media (prefers-color-scheme: dark) {
  :root { --paper: #131519; --ink: #e9e6df; --soft: #aba79d; --accent: #9aabe6; --on: #0d0e11 }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 system-ui, sans-serif }
main { width: 100%; max-width: 32rem }
h1 { margin: 0 0 .5rem; font: 500 2rem/1.2 Newsreader, Georgia, serif }
p { margin: 0 0 1.5rem; color: var(--soft) }
.brand { display: flex; align-items: center; gap: .5rem; margin: 0 0 1.5rem; color: var(--ink);
  font: 1.125rem Newsreader, Georgia, serif }
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

/** As in the web application: `[*]`, how Jupyter marks a cell that is running. */
const MARK = `<svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
<rect width="32" height="32" rx="7" fill="#334ca8"/>
<path d="M10.5 8H7v16h3.5M21.5 8H25v16h-3.5M16 12v8M12.54 14l6.92 4M19.46 14l-6.92 4" fill="none"
  stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

const WAITS = "This page looks again by itself, and opens it as soon as it can.";

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
<p class="brand">${MARK} Ramon's Notebooks</p>
<h1>${answer.title}</h1>
<p>${answer.message}${waits ? ` ${WAITS}` : ""}</p>
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
