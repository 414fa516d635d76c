"""What clusters keep in storage, account by account."""

from chalicelib.clusters.models import Cluster


def contents(account_id: str) -> set[str]:
    """The hashes of all contents that an account's live clusters need."""
    return {
        sha256
        for cluster in Cluster.by_live_account.query(account_id)
        for sha256 in (cluster.lock_sha256, cluster.modules_sha256)
        if sha256
    }
