"""The canary's notebook and server: nobody's, without a task, and in no index of what lives.

The canary (`upkeep/canary.py`) reports on it each minute, as agents do on theirs.
"""

from chalicelib.core import clock, ids
from chalicelib.notebooks import disks
from chalicelib.notebooks.models import Notebook, Server
from chalicelib.notebooks.states import NotebookState, ServerState

_NOBODY = "0" * 26
"""What no id ends with: ids begin with the time at which they are made."""
ACCOUNT_ID = f"acc_{_NOBODY}"
"""Whose the canary is: nobody's. Whoever goes through all notebooks leaves these out."""
NOTEBOOK_ID, SERVER_ID = f"nb_{_NOBODY}", f"srv_{_NOBODY}"


def stand_ready() -> str:
    """Make the rows that its reports are about; gives the token of its agent."""
    now, secret = clock.now(), ids.new_secret()
    Notebook(
        NOTEBOOK_ID, account_id=ACCOUNT_ID, name="Canary", size="small", idle_minutes=60,
        source_kind="canary", state=NotebookState.RUNNING, state_since=now, server_id=SERVER_ID,
        created_at=now, updated_at=now,
    ).save()  # fmt: skip
    Server(
        SERVER_ID, notebook_id=NOTEBOOK_ID, account_id=ACCOUNT_ID, size="small",
        disk_gib=disks.INCLUDED_GIB, state=ServerState.RUNNING, stages={}, requested_at=now,
        agent_digest=ids.digest(secret),
    ).save()  # fmt: skip
    return f"{SERVER_ID}.{secret}"


def memory_told() -> int | None:
    """The memory that its last heartbeat told."""
    return Server.get(SERVER_ID, consistent_read=True).memory_bytes
