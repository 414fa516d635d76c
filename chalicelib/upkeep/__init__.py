"""Upkeep over all features: contents, storage samples, the audit of money, the canary."""
