"""The frame of every page, and the form for a card."""

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape

from starlette.responses import HTMLResponse

STYLE = """
:root { color-scheme: light dark; --line: #d5dbe1; --soft: #5b6673; --main: #635bff;
  --card: #fff; --page: #f6f9fc; --text: #1a1f36; --bad: #b3093c }
@media (prefers-color-scheme: dark) {
  :root { --line: #3c4257; --soft: #a3acb9; --main: #9d96ff; --card: #1a1f36; --page: #0f1222;
    --text: #f6f9fc; --bad: #ff8fa8 }
}
* { box-sizing: border-box }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; background: var(--page);
  color: var(--text) }
main { max-width: 34rem; margin: 5vh auto; padding: 0 1rem }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
  padding: 1.25rem; margin: 1rem 0 }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 0 }
table + h2 { margin-top: 1.5rem }
small, .soft { color: var(--soft) }
a { color: var(--main) }
table { width: 100%; border-collapse: collapse }
th, td { text-align: left; padding: .4rem .5rem .4rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top }
th.amount, td.amount { text-align: right; white-space: nowrap; padding-right: 0 }
label { display: block; margin: .75rem 0 .25rem; font-weight: 600 }
input { width: 100%; padding: .6rem; font: inherit; border: 1px solid var(--soft);
  border-radius: .4rem; background: transparent; color: inherit }
.row { display: flex; gap: 1rem } .row > div { flex: 1 }
button { margin-top: 1rem; padding: .7rem 1rem; font: inherit; font-weight: 600; width: 100%;
  border: 0; border-radius: .4rem; background: #635bff; color: #fff; cursor: pointer }
button.plain { background: transparent; color: inherit; border: 1px solid var(--soft) }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px }
.error { border-left: .3rem solid var(--bad); padding: .5rem .75rem; color: var(--bad) }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
.note { font-size: .9rem; color: var(--soft) }
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


def page(title: str, content: str, status: int = 200) -> HTMLResponse:
    """A whole page; `content` is HTML."""
    document = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{content}"
        '<p class="note">This stands in for Stripe on your machine. No money moves.'
        ' <a href="/stripe/">What it is, and which cards it knows</a></p>'
        "</main></body></html>"
    )
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY}
    return HTMLResponse(document, status, headers=headers)


def message(
    title: str, text: str, status: int = 200, link: tuple[str, str] | None = None
) -> HTMLResponse:
    """A page that says one thing; `link` is an address and its words."""
    more = f'<p><a href="{escape(link[0])}">{escape(link[1])}</a></p>' if link else ""
    return page(title, f"<section><p>{escape(text)}</p>{more}</section>", status)


def error_note(text: str | None) -> str:
    """What went wrong, read out at once by a screen reader."""
    return f'<p class="error" role="alert" id="error">{escape(text)}</p>' if text else ""


def table(caption: str, rows: Iterable[tuple[str, str]]) -> str:
    """What and how much; the cells are HTML."""
    body = "".join(
        f'<tr><td>{what}</td><td class="amount">{amount}</td></tr>' for what, amount in rows
    )
    return (
        f'<table><caption class="hidden">{escape(caption)}</caption>'
        '<thead class="hidden"><tr><th scope="col">What</th>'
        '<th scope="col">Amount</th></tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def card_fields(given: dict[str, str]) -> str:
    """The inputs of a card; what was typed stays, but for the security code."""
    number, name = escape(given.get("number", "")), escape(given.get("name", ""))
    expiry = escape(given.get("expiry", ""))
    return f"""
<label for="number">Card number</label>
<input id="number" name="number" inputmode="numeric" autocomplete="cc-number" required
  placeholder="4242 4242 4242 4242" value="{number}">
<div class="row"><div>
<label for="expiry">Expires (MM/YY)</label>
<input id="expiry" name="expiry" inputmode="numeric" autocomplete="cc-exp" required
  placeholder="12/34" value="{expiry}">
</div><div>
<label for="cvc">Security code (CVC)</label>
<input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" required placeholder="123">
</div></div>
<label for="name">Name on card</label>
<input id="name" name="name" autocomplete="cc-name" required value="{name}">"""


def day(seconds: int) -> str:
    """A day as people write it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%-d %B %Y}"
