"""A stand-in for Stripe: the calls that the service makes, kept in one SQLite file.

It follows Stripe's API version 2026-10-28.endive, in which subscriptions have flexible billing.
What it does not know it answers with 501 in Stripe's error form, never with a guess; the page at
`/stripe/` says what is not Stripe.
"""
