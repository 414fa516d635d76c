"""The one-machine stand-in for AWS and GitHub: `python -m localcloud`.

It binds loopback only and runs notebooks as processes of the person who started it, so it is
for one person's own machine. Nothing in `chalicelib/` imports it and no Lambda package holds it.
"""
