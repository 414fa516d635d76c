"""Profile, sessions and API tokens."""

import pytest
from chalice.test import Client

from tests.functional.conftest import Caller, signed_in


def test_a_profile_is_changed_only_from_the_version_that_was_read(owner: Caller) -> None:
    version = owner.told("GET", "/me")["version"]

    renamed = owner.told("PATCH", "/me", {"name": "Ada"}, version=version)
    late = owner.ask("PATCH", "/me", {"name": "Eve"}, version=version)
    blind = owner.ask("PATCH", "/me", {"name": "Eve"})

    assert renamed["name"] == "Ada"
    assert (late.status_code, blind.status_code) == (412, 428)
    assert owner.told("GET", "/me")["name"] == "Ada"


def test_an_api_token_is_shown_once_and_works_within_its_scopes(owner: Caller) -> None:
    made = owner.told("POST", "/me/tokens", {"name": "script", "scopes": ["notebooks:read"]})
    script = Caller(owner.client, {"Authorization": f"Bearer {made['token']}"})

    assert "token" not in owner.told("GET", "/me/tokens")["items"][0]
    assert script.ask("GET", "/notebooks").status_code == 200
    assert script.refused("POST", "/notebooks", {"name": "x"}) == (403, "missing_scope")
    assert script.refused("GET", "/me/tokens") == (403, "session_required")


def test_a_revoked_token_works_no_more(owner: Caller) -> None:
    made = owner.told("POST", "/me/tokens", {"name": "old", "scopes": ["notebooks:read"]})
    script = Caller(owner.client, {"Authorization": f"Bearer {made['token']}"})

    assert owner.ask("DELETE", f"/me/tokens/{made['id']}").status_code == 204

    assert script.ask("GET", "/notebooks").status_code == 401


def test_signing_out_everywhere_ends_every_session(client: Client) -> None:
    here, there = signed_in(client, 77), signed_in(client, 77)
    assert len(here.told("GET", "/me/sessions")["items"]) == 2

    assert here.ask("POST", "/auth/sign-out-everywhere").status_code == 204

    assert here.ask("GET", "/me").status_code == 401
    assert there.ask("GET", "/me").status_code == 401


def test_one_other_browser_can_be_signed_out(client: Client) -> None:
    here, there = signed_in(client, 78), signed_in(client, 78)
    other = next(s for s in here.told("GET", "/me/sessions")["items"] if not s["current"])

    assert here.ask("DELETE", f"/me/sessions/{other['id']}").status_code == 204

    assert there.ask("GET", "/me").status_code == 401
    assert here.ask("GET", "/me").status_code == 200


def test_the_same_person_signing_in_again_has_the_same_account(client: Client) -> None:
    assert (
        signed_in(client, 79).told("GET", "/me")["id"]
        == signed_in(client, 79).told("GET", "/me")["id"]
    )


def test_too_many_requests_in_a_minute_are_told_to_wait(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.accounts import service  # noqa: PLC0415  after the settings; see conftest

    monkeypatch.setattr(service, "REQUESTS_A_MINUTE", 3)
    busy = signed_in(client, 80)

    answers = [busy.ask("GET", "/me") for _ in range(9)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert 1 <= int(refused[0].headers["Retry-After"]) <= 60
    assert signed_in(client, 81).ask("GET", "/me").status_code == 200
