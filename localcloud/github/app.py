"""The stand-in as one ASGI application below `/github`."""

from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route

from localcloud.github.accounts import ACCOUNTS
from localcloud.github.api import Api, ApiError, answer_error
from localcloud.github.grants import Grants
from localcloud.github.oauth import OAuth
from localcloud.github.pages import avatar, error_page
from localcloud.github.settings import Settings
from localcloud.github.webhooks import Webhooks


def github_app(origin: str, app_origin: str) -> Starlette:
    """GitHub at `<origin>/github`, knowing the application at `app_origin`."""
    web_base, api_base = f"{origin}/github", f"{origin}/github/api/v3"
    grants = Grants()
    oauth = OAuth(f"{app_origin}/api/auth/github/callback", grants)
    api = Api(web_base, api_base, grants)
    hooks = Webhooks(f"{origin}/api/webhooks/github", web_base, api_base)
    settings = Settings(grants, hooks)
    rest = [
        Route("/user", api.user),
        Route("/user/emails", api.emails),
        Route("/repos/{owner}/{repo}", api.repository),
        Route("/repos/{owner}/{repo}/commits/{ref:path}", api.commit),
        Route("/repos/{owner}/{repo}/contents", api.contents),
        Route("/repos/{owner}/{repo}/contents/{path:path}", api.contents),
        Route("/{anything:path}", _no_such_route),
    ]
    routes = [
        Route("/login/oauth/authorize", oauth.authorize, methods=["GET", "POST"]),
        Route("/login/oauth/access_token", oauth.access_token, methods=["POST"]),
        Route("/avatars/{login}.svg", _avatar),
        Route("/settings/applications", settings.applications, methods=["GET", "POST"]),
        Route("/_stand_in/webhooks", settings.send, methods=["POST"]),
        Mount("/api/v3", routes=rest),
    ]
    handlers = {ApiError: answer_error, HTTPException: _page_error}
    return Starlette(routes=[Mount("/github", routes=routes)], exception_handlers=handlers)


async def _avatar(request: Request) -> Response:
    login = request.path_params["login"]
    if login not in ACCOUNTS:
        raise HTTPException(404)
    headers = {"Cache-Control": "max-age=86400"}
    return Response(avatar(login), media_type="image/svg+xml", headers=headers)


async def _no_such_route(_request: Request) -> Response:
    raise ApiError(404, "Not Found")


async def _page_error(_request: Request, error: Exception) -> Response:
    status = cast(HTTPException, error).status_code
    title = "This is not the page you are looking for"
    page = error_page(title, "The stand-in for GitHub has no such page.")
    return HTMLResponse(page, status)
