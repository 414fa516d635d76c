"""Installs everything the project needs into the checkout, and nothing outside of it.

`make setup` runs `python -m ops.setup` with the machine's own Python, before anything is
installed: these modules use the standard library alone.
"""
