"""Bytes: content-addressed blobs of an account, and files that browsers hand in."""
