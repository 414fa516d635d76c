"""The service: one folder a feature, and `core` beneath them all (docs/architecture.md)."""
