"""Whichever answer of DynamoDB is lost, people are signed in, renamed and signed out once."""

from datetime import timedelta

import pytest

from chalicelib.accounts import github, service
from chalicelib.accounts.models import Account, ApiToken, Identity, RateLimit, Session
from chalicelib.core import clock
from chalicelib.core.errors import VersionMismatch
from tests.endings import Act, Story, ends_the_same_whichever_answer_is_lost
from tests.lost_answers import Wire, without_recognition


@pytest.fixture(autouse=True)
def somebody_signs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github, "sign_in", lambda *_: github.Profile(1, "ada", "Ada", None, None))


def signed_in() -> tuple[str, str]:
    """The account, and the session's cookie value."""
    session = service.sign_in("code", "verifier", "tests")
    return Identity.get("github:1").account_id, session


def with_cookie(session: str) -> dict[str, str]:
    return {"cookie": f"{service.SESSION_COOKIE}={session}"}


def somebody_new_signs_in() -> Act:
    return lambda: service.sign_in("code", "verifier", "tests")


def somebody_signs_in_again() -> Act:
    account, _ = signed_in()
    Account(account).update([Account.login.set("before")])
    return lambda: service.sign_in("code", "verifier", "tests")


def a_session_is_recognised() -> Act:
    _, session = signed_in()
    session_id = session.partition(".")[0]
    Session(session_id).update([Session.last_seen_at.set(clock.now() - timedelta(days=1))])
    return lambda: recognised(with_cookie(session))


def a_token_is_recognised() -> Act:
    secret, _ = service.create_token(signed_in()[0], "laptop", ["notebooks:write"], None)
    return lambda: recognised({"authorization": f"Bearer {secret}"})


def recognised(headers: dict[str, str]) -> object:
    found = service.recognise(headers)
    for counter in RateLimit.scan():
        counter.delete()  # counting a request twice harms nobody
    return found


def somebody_is_renamed() -> Act:
    account, _ = signed_in()
    return lambda: service.rename(account, "Countess", 1)


def somebody_is_renamed_from_an_old_page() -> Act:
    account, _ = signed_in()
    service.rename(account, "Lovelace", 1)
    return lambda: service.rename(account, "Countess", 1)


def somebody_signs_out() -> Act:
    _, session = signed_in()
    return lambda: service.sign_out(session.partition(".")[0])


def somebody_signs_out_everywhere() -> Act:
    account, _ = signed_in()
    return lambda: service.sign_out_everywhere(account)


def github_takes_our_permission_away() -> Act:
    signed_in()
    return lambda: service.forget_github(1)


def a_session_is_ended() -> Act:
    account, session = signed_in()
    return lambda: service.end_session(account, session.partition(".")[0])


def a_session_of_somebody_else_is_ended() -> Act:
    _, session = signed_in()
    return lambda: service.end_session("acc_other", session.partition(".")[0])


def a_token_is_made() -> Act:
    account, _ = signed_in()
    return lambda: service.create_token(account, "laptop", ["notebooks:write"], 30)


def a_token_is_revoked() -> Act:
    account, _ = signed_in()
    _, token = service.create_token(account, "laptop", ["notebooks:write"], 30)
    return lambda: service.revoke_token(account, token.token_id)


STORIES = (
    somebody_new_signs_in,
    somebody_signs_in_again,
    a_session_is_recognised,
    a_token_is_recognised,
    somebody_is_renamed,
    somebody_is_renamed_from_an_old_page,
    somebody_signs_out,
    somebody_signs_out_everywhere,
    github_takes_our_permission_away,
    a_session_is_ended,
    a_session_of_somebody_else_is_ended,
    a_token_is_made,
    a_token_is_revoked,
)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_it_ends_the_same_whichever_answer_is_lost(wire: Wire, story: Story) -> None:
    ends_the_same_whichever_answer_is_lost(wire, story)


def test_a_token_that_is_revoked_at_this_moment_is_not_made_anew_by_its_use(wire: Wire) -> None:
    account, _ = signed_in()
    secret, token = service.create_token(account, "laptop", ["notebooks:write"], None)
    wire.interrupt(
        "UpdateItem ramon-local-api_tokens", lambda: service.revoke_token(account, token.token_id)
    )

    assert service.recognise({"authorization": f"Bearer {secret}"}) is None

    assert list(ApiToken.scan()) == []


def test_two_first_sign_ins_at_once_make_one_account(wire: Wire) -> None:
    wire.interrupt("TransactWriteItems", lambda: service.sign_in("code", "verifier", None))

    service.sign_in("code", "verifier", None)

    assert len(list(Account.scan())) == 1
    assert len({session.account_id for session in Session.scan()}) == 1


def test_a_first_sign_in_that_meets_a_transaction_makes_the_account(wire: Wire) -> None:
    wire.contend(1)

    service.sign_in("code", "verifier", None)

    assert len(list(Account.scan())) == 1


def test_without_recognition_of_ones_own_write_a_rename_looks_like_somebody_elses(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_recognition(monkeypatch)
    account, _ = signed_in()
    wire.lose_next("UpdateItem")

    with pytest.raises(VersionMismatch):
        service.rename(account, "Countess", 1)
