"""The one-machine stand-in for AWS, GitHub and Stripe: `python -m localcloud`.

It binds loopback only and runs notebooks as processes of the person who started it, so it is
for one person's own machine. Nothing in `chalicelib/` imports it and no Lambda package holds it.
"""
