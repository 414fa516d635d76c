"""Deploys the service: `python -m ops.deploy --stage local|dev|prod` (docs/operating.md)."""
