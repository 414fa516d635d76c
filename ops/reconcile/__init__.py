"""Holds a month's records of use together, from what ran to the invoice's lines."""
