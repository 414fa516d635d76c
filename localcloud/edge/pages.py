"""Pages for people where there is nothing else to show."""

from html import escape
from http import HTTPStatus

STYLE = """
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1rem }
h1 { font-size: 1.4rem }
@media (prefers-color-scheme: dark) { body { background: #1a1b1e; color: #e9ecef } }
"""


def page(title: str, text: str, *, reload_seconds: int | None = None) -> bytes:
    """A small HTML page; it loads itself again after `reload_seconds`."""
    reload = f'<meta http-equiv="refresh" content="{reload_seconds}">' if reload_seconds else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{reload}<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1><p>{escape(text)}</p></main></body></html>"
    ).encode()


def raw_response(status: HTTPStatus, body: bytes, *headers: str) -> bytes:
    """A whole HTTP response after which the connection is closed."""
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
