"""The pages of the stand-in for Stripe, as somebody without scripts sees them."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest

from localcloud.testing import LocalCloud
from tests.unit.localcloud.shop import DECLINED, FAILS_LATER, GOOD, POOR, Shop, alert


@pytest.fixture(scope="module")
def shop(cloud: LocalCloud) -> Iterator[Shop]:
    with closing(Shop(cloud)) as shop:
        yield shop


def test_the_checkout_says_what_is_due_and_what_is_by_use(shop: Shop) -> None:
    session = shop.checkout(shop.customer().id)
    page = shop.browser.get(session.url).text
    assert f"${session.amount_total / 100:.2f}" in page
    assert "$0.000014 each" in page
    assert f'href="{shop.origin}/canceled"' in page
    assert "<script" not in page
    labels = set(re.findall(r'<label for="(\w+)"', page))
    assert labels == {"number", "expiry", "cvc", "name"}


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (DECLINED, "Your card was declined."),
        (POOR, "Your card has insufficient funds."),
        ("4111111111111111", "test cards only"),
    ],
)
def test_a_card_that_is_refused_can_be_followed_by_another(
    shop: Shop, number: str, says: str
) -> None:
    customer = shop.customer().id
    session = shop.checkout(customer)
    answer = shop.pay(session.url, number)
    assert answer.status_code == 402
    assert says in alert(answer)
    assert 'value="Ada L"' in answer.text
    assert shop.api.subscriptions.list({"customer": customer}).data == []
    paid = shop.pay(session.url, GOOD)
    assert paid.headers["location"] == f"{shop.origin}/done?session={session.id}"


@pytest.mark.parametrize(
    "change", [{"expiry": "13/40"}, {"expiry": "01/20"}, {"expiry": "soon"}, {"cvc": "1"}]
)
def test_what_is_typed_wrong_is_named(shop: Shop, change: dict[str, str]) -> None:
    session = shop.checkout(shop.customer().id)
    assert alert(shop.pay(session.url, **change)).startswith("Your card&#x27;s")


def test_a_checkout_is_paid_once(shop: Shop) -> None:
    customer = shop.customer().id
    session = shop.checkout(customer)
    assert shop.pay(session.url).status_code == 303
    again = shop.pay(session.url)
    assert (again.status_code, "is complete" in again.text) == (200, True)
    assert len(shop.api.subscriptions.list({"customer": customer}).data) == 1


def test_a_checkout_that_is_paid_while_a_second_form_is_on_its_way_is_paid_once(
    shop: Shop,
) -> None:
    customer = shop.customer().id
    session = shop.checkout(customer)

    def form() -> Iterator[bytes]:
        yield b"number=4242424242424242&expiry=12/40"
        assert shop.pay(session.url).status_code == 303
        yield b"&cvc=123&name=Ada"

    slow = shop.browser.post(session.url, content=form())

    assert "is complete" in slow.text
    assert len(shop.api.subscriptions.list({"customer": customer}).data) == 1


def test_an_expired_checkout_takes_no_card(shop: Shop) -> None:
    session = shop.checkout(shop.customer().id)
    shop.api.checkout.sessions.expire(session.id)
    assert shop.pay(session.url).status_code == 410
    assert shop.browser.get(f"{shop.base}/c/pay/cs_none").status_code == 404


def test_the_portal_cancels_and_takes_it_back(shop: Shop) -> None:
    customer, subscription = shop.subscriber()
    portal = shop.api.billing_portal.sessions.create(
        {"customer": customer.id, "return_url": f"{shop.origin}/billing"}
    )
    page = shop.browser.get(portal.url).text
    assert f'href="{shop.origin}/billing"' in page
    assert "ending in 4242" in page
    assert shop.invoices(customer.id)[0].number in page
    for action, ends in (("cancel", True), ("keep", False)):
        assert shop.browser.post(portal.url, data={"action": action}).status_code == 303
        found = shop.api.subscriptions.retrieve(subscription.id)
        assert found.cancel_at_period_end is ends
        assert ("Ends on" in shop.browser.get(portal.url).text) is ends


def test_the_portal_takes_another_card_unless_it_is_refused(shop: Shop) -> None:
    customer, _ = shop.subscriber(FAILS_LATER)
    portal = shop.api.billing_portal.sessions.create({"customer": customer.id})
    assert alert(shop.pay(portal.url, DECLINED, action="card")) == "Your card was declined."
    assert "ending in 0341" in shop.browser.get(portal.url).text
    assert shop.pay(portal.url, "5555 5555 5555 4444", action="card").status_code == 303
    assert "Mastercard ending in 4444" in shop.browser.get(portal.url).text
    assert shop.browser.get(f"{shop.base}/p/session/guessed").status_code == 410


def test_an_invoice_can_be_read_and_kept_as_pdf(shop: Shop) -> None:
    customer, _ = shop.subscriber()
    invoice = shop.invoices(customer.id)[0]
    page = shop.browser.get(invoice.hosted_invoice_url)
    assert invoice.number in page.text
    document = shop.browser.get(invoice.invoice_pdf)
    assert document.headers["content-type"] == "application/pdf"
    content = document.content
    assert content.startswith(b"%PDF-1.4")
    assert invoice.number.encode() in content
    start = int(content.rsplit(b"startxref\n", 1)[1].split()[0])
    assert content[start:].startswith(b"xref")
    for number, line in enumerate(content[start:].splitlines()[3:6], start=1):
        assert content[int(line[:10]) :].startswith(b"%d 0 obj" % number)


def test_the_first_page_says_what_is_not_stripe(shop: Shop) -> None:
    page = shop.browser.get(f"{shop.base}/").text
    for said in ("4242 4242 4242 4242", "3-D Secure", "No tax", "POST /v1/checkout/sessions"):
        assert said in page


def test_names_do_not_become_markup(shop: Shop) -> None:
    customer = shop.customer(name="<script>alert(1)</script>").id
    session = shop.checkout(customer)
    refused = shop.pay(session.url, "<script>", name='"><script>')
    assert "<script>" not in refused.text
    shop.pay(session.url)
    page = shop.browser.get(shop.invoices(customer)[0].hosted_invoice_url)
    assert "<script>" not in page.text
