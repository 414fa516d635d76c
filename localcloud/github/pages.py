"""The pages that people see at this GitHub."""

from collections.abc import Iterable, Mapping
from html import escape

from localcloud.github.accounts import Account

STYLE = """
:root { color-scheme: light dark; --line: #d0d7de; --soft: #59636e; --hover: #f6f8fa }
@media (prefers-color-scheme: dark) {
  :root { --line: #3d444d; --soft: #9198a1; --hover: #151b23 }
  body { background: #0d1117; color: #f0f6fc }
}
* { box-sizing: border-box }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 10vh auto; padding: 0 1rem }
h1 { font-size: 1.4rem }
p { color: var(--soft) }
ul { list-style: none; padding: 0; border: 1px solid var(--line); border-radius: .5rem }
li + li { border-top: 1px solid var(--line) }
button { all: unset; box-sizing: border-box; width: 100%; padding: .75rem 1rem; cursor: pointer }
button:hover { background: var(--hover) }
button:focus-visible { outline: 2px solid #0969da; outline-offset: -2px }
strong, small { display: block }
small { color: var(--soft) }
"""


def authorize_page(accounts: Iterable[Account], request: Mapping[str, str]) -> str:
    """The choice of who signs in; `request` is handed on with it."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in request.items()
    )
    people = "".join(_choice(account) for account in accounts)
    return _page(
        "Sign in to GitHub",
        "<p>This stands in for github.com on your machine. Choose who you are:</p>"
        f'<form method="post">{fields}<ul>{people}</ul></form>',
    )


def applications_page(accounts: Iterable[Account], said: str | None) -> str:
    """Everybody, each with a button that takes the application's right away; `said` is news."""
    news = f'<p role="status"><strong>{escape(said)}</strong></p>' if said else ""
    people = "".join(
        f'<li><button name="login" value="{escape(account.login)}">'
        f"<strong>Revoke</strong><small>@{escape(account.login)}</small></button></li>"
        for account in accounts
    )
    return _page(
        "Authorized applications",
        f"{news}<p>Ramon's Notebooks may act for these accounts of the stand-in for github.com."
        " Revoking tells the application by a signed webhook.</p>"
        f'<form method="post"><ul>{people}</ul></form>',
    )


def error_page(title: str, text: str) -> str:
    """What went wrong, for a person."""
    return _page(title, f"<p>{escape(text)}</p>")


def avatar(login: str) -> str:
    """A round picture with the first letter of the login, as SVG."""
    hue = sum(map(ord, login)) * 47 % 360
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 96 96">'
        f'<rect width="96" height="96" fill="hsl({hue} 45% 45%)"/>'
        '<text x="48" y="64" font-family="sans-serif" font-size="48" fill="#fff"'
        f' text-anchor="middle">{escape(login[:1].upper())}</text></svg>'
    )


def _choice(account: Account) -> str:
    name = account.name or account.login
    return (
        f'<li><button name="login" value="{escape(account.login)}"><strong>{escape(name)}</strong>'
        f"<small>@{escape(account.login)}: {escape(account.about)}</small></button></li>"
    )


def _page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{content}</main></body></html>"
    )
