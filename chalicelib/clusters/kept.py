"""What clusters keep in storage, account by account."""

from chalicelib.clusters.models import Cluster
from chalicelib.storage.service import Needed


def contents(account_id: str) -> Needed:
    """The hashes of all contents that an account's live clusters need.

    They are no roots: the counter of bytes has their contents as the rest.
    """
    in_use = {
        sha256
        for cluster in Cluster.by_live_account.query(account_id)
        for sha256 in (cluster.lock_sha256, cluster.modules_sha256)
        if sha256
    }
    return Needed(held=set(), in_use=in_use)
