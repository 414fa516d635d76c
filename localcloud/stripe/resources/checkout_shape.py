"""The shape of a checkout session."""

import copy

from localcloud.stripe.context import Context
from localcloud.stripe.ids import new_id
from localcloud.stripe.parameters import Json, absent, merged

BLANK: Json = {
    "object": "checkout.session",
    **absent(
        "adaptive_pricing after_expiration amount_subtotal amount_total client_secret "
        "collected_information consent consent_collection currency_conversion "
        "customer_account customer_creation customer_email expires_at invoice "
        "invoice_creation origin_context payment_intent payment_link "
        "payment_method_configuration_details permissions recovered_from "
        "saved_payment_method_options setup_intent shipping_address_collection "
        "shipping_cost submit_type subscription wallet_options"
    ),
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "branding_settings": {
        "background_color": "#ffffff",
        "border_style": "rounded",
        "button_color": "#0074d4",
        "display_name": "Stand-in for Stripe",
        "font_family": "default",
        "icon": None,
        "logo": None,
    },
    "currency": "usd",
    "custom_fields": [],
    "custom_text": dict.fromkeys(
        ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    ),
    "discounts": [],
    "excluded_payment_method_types": [],
    "livemode": False,
    "mode": "subscription",
    "payment_method_collection": "always",
    "payment_method_options": {},
    "payment_method_types": ["card"],
    "payment_status": "unpaid",
    "phone_number_collection": {"enabled": False},
    "shipping_options": [],
    "status": "open",
    "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    "ui_mode": "hosted_page",
}
"""A session of nobody."""


def session(ctx: Context, asked: Json, customer: Json) -> Json:
    """A new session as it was asked for; amounts, expiry and lines are up to the caller."""
    id_ = new_id("cs_test", 48)
    return copy.deepcopy(BLANK) | {
        "id": id_,
        "allow_promotion_codes": asked.get("allow_promotion_codes"),
        "billing_address_collection": asked.get("billing_address_collection"),
        "cancel_url": asked.get("cancel_url"),
        "client_reference_id": asked.get("client_reference_id"),
        "created": ctx.now,
        "customer": customer["id"],
        "customer_details": {
            "address": None,
            "business_name": None,
            "email": customer["email"],
            "individual_name": None,
            "name": None,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": None,
        },
        "locale": asked.get("locale"),
        "metadata": merged({}, asked.get("metadata")),
        "success_url": asked["success_url"],
        "url": f"{ctx.base}/c/pay/{id_}",
    }
