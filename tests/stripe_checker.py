"""Holds what Stripe was told, and what its stand-in answered, against Stripe's description."""

import subprocess
import sys
from pathlib import Path

from localcloud.settings import PROJECT_ROOT

CHECKER = PROJECT_ROOT.parent / "shared" / "tools" / "check_stripe_request.py"
"""A program beside the checkout that knows Stripe's OpenAPI description; not everywhere."""

NEWER = "api_version: invalid value '2026-10-28.endive'"
"""The description is older than the version that the webhook is pinned to; the list is open."""


def unlike_stripe(record: Path) -> list[str]:
    """Requests and answers of a record that do not fit; none where there is no checker."""
    if not CHECKER.exists():
        return []
    command = [sys.executable, str(CHECKER), "--house", str(record)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert lines, done.stderr
    assert " requests, " in lines[-1], done.stdout
    return [line for line in lines[:-1] if NEWER not in line]
