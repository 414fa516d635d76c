"""The web application flow: the authorize page and the exchange of a code for a token."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from localcloud.github.accounts import ACCOUNTS, CLIENT_ID
from localcloud.github.grants import Grants, Refused
from localcloud.github.pages import authorize_page, error_page

KEPT = ("client_id", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method")
"""Parameters of an authorize request that the page hands on."""

NOT_CACHED = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class BadAuthorizeRequest(ValueError):
    """The application sent somebody here with parameters that GitHub does not take."""

    def __init__(self, status: int, title: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.title = title
        self.text = text


@dataclass(frozen=True)
class OAuth:
    """The flow for one application whose callback is `callback`."""

    callback: str
    grants: Grants

    async def authorize(self, request: Request) -> Response:
        """GET shows who may sign in, POST is the choice."""
        source = await _form(request) if request.method == "POST" else dict(request.query_params)
        asked = {name: source[name] for name in KEPT if name in source}
        try:
            self._check(asked)
            if request.method == "POST":
                return self._redirect(asked, source.get("login", ""))
        except BadAuthorizeRequest as error:
            page = error_page(error.title, error.text)
            return HTMLResponse(page, error.status, headers=NOT_CACHED)
        return HTMLResponse(authorize_page(ACCOUNTS.values(), asked), headers=NOT_CACHED)

    async def access_token(self, request: Request) -> Response:
        """POST exchanges a code; GitHub answers 200 to errors too."""
        try:
            answer = self.grants.exchange(await _form(request))
        except Refused as error:
            answer = {
                "error": error.code,
                "error_description": str(error),
                "error_uri": "https://docs.github.com/apps/troubleshooting-oauth-app-access-token-request-errors",
            }
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse(answer, headers=NOT_CACHED)
        media_type = "application/x-www-form-urlencoded"
        return Response(urlencode(answer), media_type=media_type, headers=NOT_CACHED)

    def _check(self, asked: dict[str, str]) -> None:
        if asked.get("client_id") != CLIENT_ID:
            text = "There is no application with this client_id. Deploy the stack again."
            raise BadAuthorizeRequest(404, "Unknown application", text)
        if asked.get("redirect_uri", self.callback) != self.callback:
            text = (
                "The redirect_uri is not associated with this application."
                f" The registered callback URL is {self.callback}"
            )
            raise BadAuthorizeRequest(400, "Be careful!", text)
        if "code_challenge" in asked and asked.get("code_challenge_method") != "S256":
            text = "The code_challenge_method must be S256."
            raise BadAuthorizeRequest(400, "Unsupported challenge", text)

    def _redirect(self, asked: dict[str, str], login: str) -> Response:
        if login not in ACCOUNTS:
            raise BadAuthorizeRequest(400, "Unknown account", "Choose one of the accounts.")
        redirect_uri = asked.get("redirect_uri", self.callback)
        code = self.grants.allow(
            login, redirect_uri, asked.get("scope", ""), asked.get("code_challenge")
        )
        query = {"code": code} | ({"state": asked["state"]} if "state" in asked else {})
        location = f"{redirect_uri}?{urlencode(query)}"
        return RedirectResponse(location, 302, headers=NOT_CACHED)


async def _form(request: Request) -> dict[str, str]:
    body = await request.body()
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
