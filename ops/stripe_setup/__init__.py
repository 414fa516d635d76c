"""Makes at Stripe what the catalogue sells: `python -m ops.stripe_setup --stage local [--dry-run]`.

Products, meters and prices come from `chalicelib/plans/catalogue.py`; webhooks are told to the
stage's own address. The keys go into the stage's secret. Run twice, it changes nothing the second
time (docs/operating.md).
"""

from ops.stripe_setup.setup import NotSetUp, Target, set_up

__all__ = ["NotSetUp", "Target", "set_up"]
