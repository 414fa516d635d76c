"""The pages that people see at this Stripe: plain HTML, which works without scripts."""
