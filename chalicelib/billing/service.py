"""What billing is to other features: they ask what may be, what must stop, and who is charged."""

from chalicelib.billing.credited import credit, credit_in
from chalicelib.billing.limits import admit, admit_cluster
from chalicelib.billing.reconcile import Report
from chalicelib.billing.reconcile import account as report
from chalicelib.billing.verdicts import Cause, Verdict, verdicts
from chalicelib.billing.views import usage_now

__all__ = [
    "Cause",
    "Report",
    "Verdict",
    "admit",
    "admit_cluster",
    "credit",
    "credit_in",
    "report",
    "usage_now",
    "verdicts",
]
