"""The demo accounts, and the one OAuth client that this GitHub knows."""

from dataclasses import dataclass
from typing import Any

CLIENT_ID = "ramon-local"
CLIENT_SECRET = "the-stand-in-keeps-no-secrets"  # noqa: S105 - everyone may know it
WEBHOOK_SECRET = "the-stand-in-keeps-no-secrets-either"  # noqa: S105 - everyone may know it


@dataclass(frozen=True)
class Account:
    """A person; `email` is verified and primary, None if they have none."""

    id: int
    login: str
    name: str | None
    email: str | None
    about: str

    def user(self, web_base: str) -> dict[str, Any]:
        """As `GET /user` gives it."""
        return {
            "login": self.login,
            "id": self.id,
            "node_id": f"U_local{self.id}",
            "avatar_url": f"{web_base}/avatars/{self.login}.svg",
            "html_url": f"{web_base}/{self.login}",
            "type": "User",
            "site_admin": False,
            "name": self.name,
            "email": None,
            "public_repos": 0,
            "created_at": "2020-01-01T00:00:00Z",
            "updated_at": "2020-01-01T00:00:00Z",
        }

    def emails(self) -> list[dict[str, Any]]:
        """As `GET /user/emails` gives them."""
        if self.email is None:
            return []
        shared = {"verified": True, "primary": True, "visibility": "private"}
        return [{"email": self.email} | shared]


ACCOUNTS = {
    account.login: account
    for account in (
        Account(1001, "ada", "Ada Lovelace", "ada@example.org", "the first to try everything"),
        Account(1002, "grace", "Grace Hopper", "grace@example.org", "somebody else, to share with"),
        Account(1003, "emmy", "Emmy Noether", "emmy@example.org", "a third, for good measure"),
        Account(1005, "mary", "Mary Somerville", "mary@example.org", "keeps all that she has"),
        Account(1004, "nameless", None, None, "has neither a name nor an address"),
    )
}
"""The people who can sign in, by login."""
