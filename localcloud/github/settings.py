"""The page that takes the application's right away, and the switch that sends webhooks."""

import json
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from localcloud.github import repositories
from localcloud.github.accounts import ACCOUNTS
from localcloud.github.grants import Grants
from localcloud.github.pages import applications_page, error_page
from localcloud.github.webhooks import Webhooks


@dataclass(frozen=True)
class Settings:
    """The handlers."""

    grants: Grants
    webhooks: Webhooks

    async def applications(self, request: Request) -> Response:
        """GET shows everybody, POST revokes for one of them and tells the application."""
        if request.method == "GET":
            return HTMLResponse(applications_page(ACCOUNTS.values(), None))
        body = (await request.body()).decode("latin-1")
        account = ACCOUNTS.get(body.removeprefix("login="))
        if account is None:
            page = error_page("Unknown account", "Choose one of the accounts.")
            return HTMLResponse(page, 400)
        self.grants.revoke(account.login)
        outcome = await self.webhooks.revoked(account)
        said = f"Revoked for @{account.login}. The application answered: {outcome}"
        return HTMLResponse(applications_page(ACCOUNTS.values(), said))

    async def send(self, request: Request) -> Response:
        """POST {"event": "ping"}, or {"event": "push", "repository": "owner/name"}.

        It must be JSON, which a web page of another origin cannot send without asking first.
        """
        if request.headers.get("content-type") != "application/json":
            return JSONResponse({"error": "Send JSON."}, 400)
        wanted = json.loads(await request.body())
        if wanted.get("event") == "ping":
            return JSONResponse({"status": await self.webhooks.ping()})
        owner, _, name = str(wanted.get("repository", "")).partition("/")
        repository = repositories.find(owner, name)
        if wanted.get("event") != "push" or repository is None:
            return JSONResponse({"error": "No such event, or no such repository."}, 400)
        account = ACCOUNTS["ada"]
        return JSONResponse({"status": await self.webhooks.pushed(repository, account)})
